"""A layer over its frame."""

import numpy as np
import pytest
from numpy.typing import NDArray

from steadyface.stitching.paste import least_layer, paste

CORNERS = np.array([[30.2, 20.1], [30.2, 70.1], [80.2, 70.1], [80.2, 20.1]])
ALL = np.ones((64, 64), np.float32)
Pixels = NDArray[np.uint8]


@pytest.fixture
def frame() -> Pixels:
    return np.random.default_rng(0).integers(0, 255, (90, 120, 3), np.uint8)


def layer(added: float, hidden: float) -> NDArray[np.float32]:
    return np.concatenate([np.full((3, 64, 64), added), np.full((1, 64, 64), hidden)]).astype(np.float32)


def test_a_layer_of_nothing_leaves_the_frames_own_pixels(frame: Pixels) -> None:
    np.testing.assert_array_equal(paste(frame, layer(0, 0), ALL, CORNERS), frame)


def test_a_tint_is_added_to_the_frames_own_pixels(frame: Pixels) -> None:
    made = paste(frame, layer(20 / 127.5, 0), ALL, CORNERS)
    inside = (slice(24, 67), slice(34, 77))
    np.testing.assert_array_equal(made[inside], np.minimum(frame[inside].astype(int) + 20, 255))
    np.testing.assert_array_equal(made[:18], frame[:18])


def test_a_whole_picture_hides_the_frame(frame: Pixels) -> None:
    made = paste(frame, layer(-0.2, 1), ALL, CORNERS)
    assert (made[24:67, 34:77] == round(0.8 * 127.5)).all()


def test_half_of_it_is_half_of_both(frame: Pixels) -> None:
    made = paste(frame, layer(0.25, 0.5), ALL, CORNERS)[24:67, 34:77]
    np.testing.assert_allclose(made, 127.5 * 0.75 + 0.5 * frame[24:67, 34:77], atol=0.51)


def test_the_mask_fades_to_what_is_around(frame: Pixels) -> None:
    around = np.full_like(frame, 50)
    made = paste(frame, layer(0, 0), 0.5 * ALL, CORNERS, around)
    inside = (slice(24, 67), slice(34, 77))
    np.testing.assert_allclose(made[inside], 0.5 * frame[inside].astype(float) + 25, atol=0.51)
    assert (made[:18] == 50).all()


def test_nothing_changes_where_the_mask_is_zero(frame: Pixels) -> None:
    mask = np.zeros((64, 64), np.float32)
    np.testing.assert_array_equal(paste(frame, layer(-1, 1), mask, CORNERS), frame)
    mask[24:40, 24:40] = 1.0
    changed = (paste(frame, layer(-1, 1), mask, CORNERS) != frame).any(axis=2)
    rows, columns = np.nonzero(changed)
    assert changed[45, 55]
    assert rows.min() >= 36
    assert rows.max() <= 54
    assert columns.min() >= 46
    assert columns.max() <= 64


def test_the_least_layer_gives_the_changed_frame_and_half_of_it_half_the_change(frame: Pixels) -> None:
    before = frame.astype(np.float32)
    by = np.random.default_rng(1).normal(0, 60, frame.shape).astype(np.float32)
    by[:20] = 0
    after = np.clip(before + by, 0, 255)
    colours, alpha = least_layer(before, after)
    np.testing.assert_allclose(colours + (1 - alpha[..., None]) * before, after, atol=1e-2)
    half = 0.5 * colours + (1 - 0.5 * alpha[..., None]) * before
    np.testing.assert_allclose(half, (before + after) / 2, atol=1e-2)
    assert not alpha[:20].any()
    assert (colours <= 255 * alpha[..., None] + 0.1).all()
