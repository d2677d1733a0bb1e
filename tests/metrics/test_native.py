"""Sharpness, borders and steadiness in the frames themselves, on drawn pictures with known answers."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from safetensors.numpy import save_file

from steadyface.clip.segments import Segments
from steadyface.errors import InputError
from steadyface.metrics.native import PAIRS, measured, paired_crops, paste_masks, steadiness

from ..consistency.conftest import no_motion

SIDE, FACE = 96, 60.0


def noise(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(60, 200, (SIDE, SIDE, 3)).astype(np.uint8)


def disc(feather: float) -> np.ndarray:
    y, x = np.mgrid[:SIDE, :SIDE]
    return np.clip((30 - np.hypot(x - SIDE / 2, y - SIDE / 2)) / feather + 0.5, 0, 1).astype(np.float32)


def pasted(image: np.ndarray, other: np.ndarray, mask: np.ndarray) -> np.ndarray:
    return np.rint(image + mask[..., None] * (other.astype(np.float32) - image)).astype(np.uint8)


def test_a_blurred_edit_is_less_sharp_than_the_input_by_its_blur() -> None:
    image, mask = noise(0), disc(1.0)
    tinted = np.clip(image.astype(np.int32) + 20, 0, 255).astype(np.uint8)
    blurred = cv2.GaussianBlur(tinted, (0, 0), 1.0)
    found = measured([pasted(image, tinted, mask)], [image], [mask], FACE)
    soft = measured([pasted(image, blurred, mask)], [image], [mask], FACE)
    assert found.face == FACE
    assert found.sharpness == pytest.approx(1.0, abs=0.05)
    kept = [
        float(np.square(cv2.Laplacian(cv2.cvtColor(i, cv2.COLOR_RGB2GRAY), cv2.CV_32F)).mean())
        for i in (blurred, image)
    ]
    assert soft.sharpness == pytest.approx(kept[0] / kept[1], abs=0.1)


def test_a_step_at_the_border_is_seen_and_a_change_that_fades_is_not() -> None:
    image = np.full((SIDE, SIDE, 3), 90, np.uint8)
    image += (10 * np.random.default_rng(1).random((SIDE, SIDE, 1))).astype(np.uint8)
    bright = (image + 60).astype(np.uint8)
    hard = measured([pasted(image, bright, disc(1.0))], [image], [disc(1.0)], FACE)
    soft = measured([image], [image], [disc(20.0)], FACE)
    assert hard.seam > 3
    assert soft.seam == 1
    assert np.isnan(soft.sharpness)


def test_clips_of_different_length_are_refused() -> None:
    with pytest.raises(InputError, match="ends at frame 1"):
        measured([noise(0)] * 2, [noise(0)], [disc(1.0)] * 2, FACE)


def test_flicker_is_unsteady() -> None:
    frames = [noise(0)] * 4
    brighter = [frame + 30 * (k % 2) for k, frame in enumerate(frames)]
    shaky = [np.clip(frame + 5 * np.random.default_rng(k).normal(size=frame.shape), 0, 255).astype(np.uint8)
             for k, frame in enumerate(frames)]  # fmt: skip
    assert steadiness([f.astype(np.uint8) for f in brighter], shaky, frames, no_motion, "cpu") > 3
    assert steadiness(shaky, shaky, frames, no_motion, "cpu") == pytest.approx(1)


def test_pairs_are_spread_over_the_clip_and_cut_at_the_frames_size() -> None:
    count = 40
    corners = np.array([[(10.0, 10.0), (10.0, 74.0), (74.0, 74.0), (74.0, 10.0)]] * count)
    crops = paired_crops([np.full((SIDE, SIDE, 3), k, np.uint8) for k in range(count)], corners, Segments.whole(count))
    values = [int(crop[32, 32, 0]) for crop in crops]
    assert len(crops) == 2 * PAIRS
    assert crops[0].shape == (64, 64, 3)
    assert values[::2] == [value - 1 for value in values[1::2]]
    assert (values[0], values[-1]) == (0, count - 1)


def test_masks_are_those_of_the_run(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    angle = np.arange(468) * 2 * np.pi / 468
    circle = 64 * (0.5 + 0.3 * np.stack([np.cos(angle), np.sin(angle)], -1))
    quad = np.array([[(16.0, 16.0), (16.0, 80.0), (80.0, 80.0), (80.0, 16.0)]])
    save_file({"quads": quad, "landmarks": circle[None]}, tmp_path / "state" / "align.safetensors")
    where = np.zeros((64, 64), np.float32)
    where[:32] = 1
    arrays = {"change": np.zeros((64, 64), np.float32), "where": where}
    save_file(arrays, tmp_path / "state" / "compose.safetensors")
    (mask,) = paste_masks(tmp_path, {}, (SIDE, SIDE), hair=False)
    assert mask.shape == (SIDE, SIDE)
    assert mask[40, 48] > 0.95
    assert mask[60, 48] < 0.01
    assert mask[4, 4] == 0
