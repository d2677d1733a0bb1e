"""An edit that the crop's border cuts goes on beyond it, on the person and nowhere else."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from steadyface.stitching.extension import (
    ColourExtension,
    fit_extension,
    reaches_border,
    tone,
    wide_side,
    widened,
)
from steadyface.stitching.mask import window
from steadyface.stitching.settings import Compositing

MARGIN, SETTINGS = Compositing().margin, Compositing().extension
SIDE = 100
WIDE = wide_side(SIDE, SETTINGS)
PAD = (WIDE - SIDE) // 2
CORNERS = np.array([[60.0, 60.0], [60.0, 160.0], [160.0, 160.0], [160.0, 60.0]])
ALL = np.ones((SIDE, SIDE), np.float32)
TEXTURE = np.random.default_rng(0).uniform(-0.8, 0.2, (SIDE, SIDE, 3)).astype(np.float32)
BRIGHTER = 0.2
NARROW = SETTINGS.blur[0]
Floats = NDArray[np.float32]


def beyond(person: int = 255) -> ColourExtension:
    """Of an edit that makes all of the person brighter."""
    found = of(TEXTURE, TEXTURE + np.float32(BRIGHTER), ALL)
    return replace(found, person=np.full((2, WIDE // 2, WIDE // 2), person, np.uint8))


def of(inputs: Floats, edited: Floats, inside: Floats) -> ColourExtension:
    """On a person who is everywhere."""
    person = np.full((1, WIDE, WIDE), 255, np.uint8)
    found = ColourExtension.of(fit_extension(inputs, edited, inside, MARGIN, SETTINGS), person)
    assert found is not None
    return found


def test_a_wide_quad_is_the_crop_s_about_the_same_middle() -> None:
    wide = widened(CORNERS, SIDE, WIDE)
    np.testing.assert_allclose(wide.mean(0), CORNERS.mean(0))
    np.testing.assert_allclose(np.ptp(wide, axis=0), WIDE / SIDE * np.ptp(CORNERS, axis=0))


def test_only_what_reaches_the_border_goes_on() -> None:
    change, inner = np.full((SIDE, SIDE, 3), BRIGHTER, np.float32), np.zeros_like(ALL)
    inner[20:80, 20:80] = 1
    assert reaches_border(change, ALL, SETTINGS)
    assert not reaches_border(change, inner, SETTINGS)
    assert not reaches_border(0.1 * change, ALL, SETTINGS)
    assert ColourExtension.of({"change": ALL}, np.zeros((0, 1, 1), np.uint8)) is None


@pytest.mark.parametrize(("gain", "offset"), [(1.0, 0.3), (0.5, 0.2), (1.2, -0.1)])
def test_the_tone_is_the_edit_s_gain_and_offset(gain: float, offset: float) -> None:
    found = tone(TEXTURE, np.float32(gain) * TEXTURE + np.float32(offset), ALL, NARROW, SETTINGS)
    np.testing.assert_allclose(found[0], np.broadcast_to(gain * np.eye(3), found[0].shape), atol=0.05)
    np.testing.assert_allclose(found[1], offset, atol=0.03)
    flat = np.full_like(TEXTURE, -0.4)
    found = tone(flat, flat + np.float32(offset), ALL, NARROW, SETTINGS)
    np.testing.assert_allclose(found[0], np.broadcast_to(np.eye(3), found[0].shape), atol=0.01)
    np.testing.assert_allclose((found[0] @ flat[..., None])[..., 0] + found[1], flat + offset, atol=0.01)


def test_the_tone_makes_colours_grey_where_the_edit_does() -> None:
    grey = TEXTURE.mean(2, keepdims=True).repeat(3, 2)
    mixture, offset = tone(TEXTURE, grey, ALL, NARROW, SETTINGS)
    made = (mixture @ TEXTURE[..., None])[..., 0] + offset
    assert np.abs(made - grey).mean() < 0.05 * np.abs(TEXTURE - grey).mean()


def test_only_what_counts_tells_the_tone() -> None:
    left = ALL.copy()
    left[:, SIDE // 2 :] = 0
    edited = TEXTURE + np.where(left[..., None] > 0, np.float32(BRIGHTER), np.float32(-1))
    _, offset = tone(TEXTURE, edited, left, NARROW, SETTINGS)
    np.testing.assert_allclose(offset[:, : SIDE // 2], BRIGHTER, atol=0.02)


def test_tone_and_paste_mask_share_the_change_along_the_border() -> None:
    toned = beyond().toned(TEXTURE, 0)
    pasted = window(SIDE, MARGIN * SIDE)[..., None]
    shown = toned + pasted * (TEXTURE + BRIGHTER - toned) - TEXTURE  # as `Compositor.composite` does
    assert shown.min() > 0.999 * BRIGHTER  # at 0.94 a line of brown ran through grey hair
    assert shown.max() < 1.001 * BRIGHTER
    np.testing.assert_array_equal(toned[10:-10, 10:-10], TEXTURE[10:-10, 10:-10])


def test_a_shoulder_that_leaves_the_crop_at_its_corner_is_no_edge() -> None:
    inside = ALL.copy()
    inside[:, :20] = 0  # nobody is seen there in the crop, and below it is a shoulder
    weight = of(TEXTURE, TEXTURE + np.float32(BRIGHTER), inside).weight(0)
    below = weight[-PAD + 2]
    assert below[PAD + 20 + 2] > 0.95
    assert np.abs(np.diff(below)).max() < 0.05
    assert below[PAD] > 0.3  # 20 px from where it was cut
    assert weight[PAD + SIDE - 1, PAD + 10] == pytest.approx(weight[PAD + SIDE, PAD + 10], abs=0.05)
    assert not weight[PAD : PAD + SIDE - 30, :20].any()  # far from all that was cut


def test_nothing_is_carried_without_a_cut() -> None:
    inside = np.zeros_like(ALL)
    inside[20:80, 20:80] = 1
    assert not fit_extension(TEXTURE, TEXTURE + np.float32(BRIGHTER), inside, MARGIN, SETTINGS)["ramps"].any()


def test_far_from_the_border_the_tone_is_that_of_a_wider_window() -> None:
    edited = 0.5 * TEXTURE + np.float32(0.2)
    edited[:5, 40:60] = 0.8  # along the border, a parting that is drawn white
    found = of(TEXTURE, edited, ALL)
    middle = SIDE // 2
    near, far = (tone(TEXTURE, edited, ALL, blur, SETTINGS)[1][0, middle] for blur in SETTINGS.blur)
    assert near.min() > far.max() + 0.05
    np.testing.assert_allclose(found.offset[PAD, PAD + middle], near, atol=2e-3)
    np.testing.assert_allclose(found.offset[PAD - 1, PAD + middle], near, atol=0.02)
    np.testing.assert_allclose(found.offset[PAD - 16, PAD + middle], far, atol=2e-3)


def test_it_goes_on_and_fades() -> None:
    middle = beyond().weight(0)[:PAD, WIDE // 2]
    assert middle[-1] == pytest.approx(1, abs=0.01)
    assert middle[0] == 0
    assert (np.diff(middle) >= -1e-6).all()


def test_it_is_laid_on_the_person_alone_frame_by_frame() -> None:
    both = beyond()
    half = np.full((2, WIDE // 2, WIDE // 2), 255, np.uint8)
    half[1, :, : WIDE // 4] = 0
    moved = replace(both, person=half)
    np.testing.assert_array_equal(moved.weight(0), both.weight(0))
    assert not moved.weight(1)[:, : WIDE // 2 - 4].any()
    np.testing.assert_array_equal(moved.weight(1)[:, WIDE // 2 + 4 :], both.weight(1)[:, WIDE // 2 + 4 :])
    assert not beyond(person=100).weight(0).any()


def test_frames_change_where_it_says_and_by_the_tone() -> None:
    frame = np.full((240, 240, 3), 100, np.uint8)
    made = beyond().around(frame, 0, CORNERS)
    touched = beyond().touched(0, CORNERS, (240, 240)) > 0
    assert (made[~touched] == 100).all()
    assert made[57, 110, 0] == pytest.approx(100 + BRIGHTER * 127.5, abs=4)
    assert (made[75:145, 75:145] == 100).all()
    assert made.max() <= 130
