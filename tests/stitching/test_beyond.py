"""An edit that the crop's border cuts goes on beyond it, on the person and nowhere else."""

import numpy as np
import pytest

from steadyface.stitching.beyond import Beyond, reaches_border, shade, wide_side, widened
from steadyface.stitching.mask import window
from steadyface.stitching.settings import Stitching

SETTINGS = Stitching()
SIDE = 100
WIDE = wide_side(SIDE, SETTINGS)
PAD = (WIDE - SIDE) // 2
CORNERS = np.array([[60.0, 60.0], [60.0, 160.0], [160.0, 160.0], [160.0, 60.0]])
EVEN, ALL = np.full((SIDE, SIDE, 3), 0.2, np.float32), np.ones((SIDE, SIDE), np.float32)


def beyond(person: int = 255) -> Beyond:
    return Beyond(shade(EVEN, ALL, SETTINGS), np.full((2, WIDE // 2, WIDE // 2), person, np.uint8), SIDE)


def test_a_wide_quad_is_the_crop_s_about_the_same_middle() -> None:
    wide = widened(CORNERS, SIDE, WIDE)
    np.testing.assert_allclose(wide.mean(0), CORNERS.mean(0))
    np.testing.assert_allclose(np.ptp(wide, axis=0), WIDE / SIDE * np.ptp(CORNERS, axis=0))


def test_only_what_reaches_the_border_goes_on() -> None:
    inner = np.zeros_like(ALL)
    inner[20:80, 20:80] = 1
    assert reaches_border(EVEN, ALL)
    assert not reaches_border(EVEN, inner)
    assert not reaches_border(0.1 * EVEN, ALL)
    assert Beyond.of({"shade": np.zeros(0, np.float32)}) is None


def test_shade_and_paste_mask_share_the_change_along_the_border() -> None:
    added = beyond().inner(0)[..., 0]
    pasted = window(SIDE, SETTINGS.margin * SIDE)
    shown = added + pasted * (EVEN[..., 0] - added)  # as `Seams.composite` does
    assert shown.min() > 0.9 * 0.2
    assert shown.max() < 1.1 * 0.2
    assert not added[10:-10, 10:-10].any()


def test_the_shade_goes_on_and_fades() -> None:
    middle = beyond().added(0)[:PAD, WIDE // 2, 0]
    assert middle[-1] == pytest.approx(0.2, rel=0.05)
    assert middle[0] == 0
    assert (np.diff(middle) >= -1e-6).all()


def test_it_is_laid_on_the_person_alone_frame_by_frame() -> None:
    both = beyond()
    half = both.person.copy()
    half[1, :, : WIDE // 4] = 0
    moved = Beyond(both.shade, half, SIDE)
    np.testing.assert_array_equal(moved.added(0), both.added(0))
    assert not moved.added(1)[:, : WIDE // 2 - 4].any()
    np.testing.assert_array_equal(moved.added(1)[:, WIDE // 2 + 4 :], both.added(1)[:, WIDE // 2 + 4 :])
    assert not beyond(person=100).added(0).any()


def test_frames_change_where_it_says_and_by_the_shade() -> None:
    frame = np.full((240, 240, 3), 100, np.uint8)
    shaded = beyond().shaded(frame, 0, CORNERS)
    touched = beyond().touched(0, CORNERS, (240, 240)) > 0
    assert (shaded[~touched] == 100).all()
    assert shaded[57, 110, 0] == pytest.approx(100 + 0.2 * 127.5, abs=3)
    assert (shaded[75:145, 75:145] == 100).all()
    assert shaded.max() <= 127
