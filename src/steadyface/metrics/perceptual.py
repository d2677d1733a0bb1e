"""How much two versions of a clip look alike, and how sharp one is."""

import math

import cv2
import numpy as np
import torch

from steadyface.critics.lpips import Lpips
from steadyface.metrics.frames import Frames, Image, load, same_length
from steadyface.runtime.batches import batches


@torch.no_grad()
def mean_lpips(a: Frames, b: Frames, lpips: Lpips, *, batch: int = 8, device: torch.device | str = "cpu") -> float:
    """Mean over frames of the LPIPS distance (Zhang et al., CVPR 2018); 0 for equal clips.

    The literature reports it with the AlexNet trunk, between the direct edit and the result: what temporal consistency
    costs. `device` is where `lpips` lives.

    Raises:
        InputError: the clips differ in length.
    """
    count = same_length(a, b)
    total = 0.0
    for numbers in batches(count, batch):
        total += float(lpips(load(a, numbers, device), load(b, numbers, device)).sum())
    return total / count


def psnr(a: Frames, b: Frames) -> float:
    """Peak signal-to-noise ratio of the whole clip, dB: 10 log10(255^2 / mean squared error); inf if equal.

    It is computed from the mean of all squared errors, so that one perfect frame doesn't hide the others.

    Raises:
        InputError: the clips differ in length.
    """
    count = same_length(a, b)
    squared = [np.square(np.subtract(a[i], b[i], dtype=np.float64)).mean() for i in range(count)]
    return psnr_of(float(np.mean(squared)))


def psnr_of(squared_error: float) -> float:
    """Return the peak signal-to-noise ratio, dB, of a mean squared error of 8-bit pictures."""
    return 10 * math.log10(255**2 / squared_error) if squared_error > 0 else math.inf


def sharpness(frames: Frames) -> float:
    """Mean over frames of the variance of the luma's Laplacian, grey levels squared.

    Pech-Pacheco et al., "Diatom autofocusing in brightfield microscopy" (ICPR 2000). It depends on the content, so that
    only the ratio of two versions of one clip is meaningful.
    """
    return float(np.mean([_laplacian_variance(frames[i]) for i in range(len(frames))]))


def sharpness_ratio(frames: Frames, reference: Frames) -> float:
    """`sharpness` over that of the `reference`: 1 is equally sharp, less is blurred; NaN for flat references."""
    base = sharpness(reference)
    return sharpness(frames) / base if base > 0 else math.nan


def _laplacian_variance(image: Image) -> float:
    gray = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    return float(cv2.Laplacian(gray, cv2.CV_32F).var())
