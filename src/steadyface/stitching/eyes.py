"""The input's own eyes, for edits that aren't about them: who is given eyeglasses still blinks and looks about.

A generator that was never shown closed lids behind eyeglasses opens them, and looks straight ahead.
"""

from collections.abc import Callable, Sequence

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from steadyface.consistency.flows import Frames
from steadyface.faces.mask import eyes_mask
from steadyface.stitching.settings import Stitching


def mask_of_eyes(landmarks: NDArray[np.floating], size: int, settings: Stitching) -> Tensor:
    """Both eyes with their lids, softly: (1, 1, S, S) in [0, 1], for landmarks (468, 2) in px of the crop."""
    mask = eyes_mask(landmarks, size, reach=settings.eyes_reach, feather=settings.eyes_feather * size)
    return torch.from_numpy(mask)[None, None]


@torch.no_grad()
def shade(change: Frames, masks: Callable[[int], Tensor], frames: Sequence[int], settings: Stitching) -> Tensor:
    """What an edit adds to the eyes in the mean over some frames, so blurred that a shade is left: (1, 3, S, S).

    ``change`` gives what it adds to frames, (len, 3, S, S), and ``masks`` the eyes of one, (1, 1, S, S). Only what is
    inside the masks counts, weighted as they are.
    """
    total, weight = torch.zeros(()), torch.zeros(())
    for index in frames:
        mask = masks(index)
        total = total + mask * change([index]).to(mask)
        weight = weight + mask
    sigma = settings.eyes_blur * weight.shape[-1]
    return _blurred(total, sigma) / (_blurred(weight, sigma) + 1e-3)


def _blurred(image: Tensor, sigma: float) -> Tensor:
    channels = [cv2.GaussianBlur(channel, (0, 0), sigma) for channel in image[0].cpu().numpy()]
    return torch.from_numpy(np.stack(channels))[None]
