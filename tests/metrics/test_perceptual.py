"""Likeness and sharpness."""

import math

import cv2
import numpy as np
import pytest
from scipy import ndimage

from steadyface.critics.lpips import Lpips
from steadyface.errors import InputError
from steadyface.metrics.perceptual import mean_lpips, psnr, sharpness, sharpness_ratio


@pytest.fixture
def clip():
    rng = np.random.default_rng(1)
    return [cv2.GaussianBlur(rng.integers(0, 256, (48, 64, 3), np.uint8), (0, 0), 2.0) for _ in range(5)]


def test_lpips_of_a_clip_with_itself_is_zero(clip):
    assert mean_lpips(clip, clip, Lpips("alex")) == 0


def test_lpips_is_the_mean_over_frames_whatever_the_batch(clip):
    lpips = Lpips("alex")
    other = [frame[::-1].copy() for frame in clip]
    single = [mean_lpips([a], [b], lpips) for a, b in zip(clip, other, strict=True)]
    assert min(single) > 0.01
    assert mean_lpips(clip, other, lpips, batch=2) == pytest.approx(np.mean(single), rel=1e-5)


def test_psnr_of_a_constant_difference():
    dark, light = np.full((4, 4, 3), 100, np.uint8), np.full((4, 4, 3), 105, np.uint8)
    assert psnr([dark], [light]) == pytest.approx(20 * math.log10(255 / 5))
    assert psnr([dark], [dark]) == math.inf
    # One equal frame halves the error: 3 dB.
    assert psnr([dark, dark], [light, dark]) == pytest.approx(20 * math.log10(255 / 5) + 10 * math.log10(2))


def test_psnr_does_not_wrap_around():
    black, white = np.zeros((2, 2, 3), np.uint8), np.full((2, 2, 3), 255, np.uint8)
    assert psnr([black], [white]) == pytest.approx(0)
    assert psnr([white], [black]) == pytest.approx(0)


def test_clips_of_different_length_are_refused(clip):
    with pytest.raises(InputError, match="5 and 4 frames"):
        psnr(clip, clip[:4])


def test_sharpness_is_the_variance_of_the_laplacian():
    gray = np.random.default_rng(0).integers(0, 256, (32, 32), np.uint8)
    image = np.repeat(gray[..., None], 3, axis=2)
    expected = ndimage.laplace(gray.astype(float), mode="mirror").var()
    assert sharpness([image]) == pytest.approx(expected, rel=1e-5)


def test_sharpness_ratio(clip):
    blurred = [cv2.GaussianBlur(frame, (0, 0), 1.5) for frame in clip]
    assert sharpness_ratio(clip, clip) == 1
    assert sharpness_ratio(blurred, clip) < 0.5
    # The Laplacian is linear, its variance quadratic.
    gray = [np.repeat(2 * (frame[..., :1] // 4) + 60, 3, axis=2) for frame in clip]
    stretched = [np.uint8(2 * (frame.astype(int) - 60)) for frame in gray]
    assert sharpness_ratio(stretched, gray) == pytest.approx(4, rel=1e-5)


def test_a_flat_reference_has_no_ratio(clip):
    assert math.isnan(sharpness_ratio(clip, [np.full_like(clip[0], 90)]))
