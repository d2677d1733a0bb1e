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
    found = ColourExtension.of(fit_extension(inputs[None], edited[None], inside[None], SETTINGS), person)
    assert found is not None
    return found


def test_a_wide_quad_is_the_crop_s_about_the_same_middle() -> None:
    wide = widened(CORNERS, SIDE, WIDE)
    np.testing.assert_allclose(wide.mean(0), CORNERS.mean(0))
    np.testing.assert_allclose(np.ptp(wide, axis=0), WIDE / SIDE * np.ptp(CORNERS, axis=0))


def test_only_what_reaches_the_border_goes_on() -> None:
    inner, change = np.zeros_like(ALL), np.float32(BRIGHTER)
    inner[20:80, 20:80] = 1

    def reaches(inside: Floats, change: np.float32) -> bool:
        return reaches_border(TEXTURE[None], TEXTURE[None] + change, inside[None], SETTINGS)

    assert reaches(ALL, change)
    assert not reaches(inner, change)
    assert not reaches(ALL, np.float32(0.1) * change)
    assert ColourExtension.of({"change": ALL}, np.zeros((0, 1, 1), np.uint8)) is None


@pytest.mark.parametrize(("gain", "offset"), [(1.0, 0.3), (0.5, 0.2), (1.2, -0.1)])
def test_the_tone_is_the_edit_s_gain_and_offset(gain: float, offset: float) -> None:
    found = tone(TEXTURE[None], (np.float32(gain) * TEXTURE + np.float32(offset))[None], ALL[None], NARROW, SETTINGS)
    np.testing.assert_allclose(found[0], np.broadcast_to(gain * np.eye(3), found[0].shape), atol=0.05)
    np.testing.assert_allclose(found[1], offset, atol=0.03)
    flat = np.full_like(TEXTURE, -0.4)
    found = tone(flat[None], (flat + np.float32(offset))[None], ALL[None], NARROW, SETTINGS)
    np.testing.assert_allclose(found[0], np.broadcast_to(np.eye(3), found[0].shape), atol=0.01)
    np.testing.assert_allclose((found[0] @ flat[..., None])[..., 0] + found[1], flat + offset, atol=0.01)


def test_the_tone_makes_colours_grey_where_the_edit_does() -> None:
    grey = TEXTURE.mean(2, keepdims=True).repeat(3, 2)
    mixture, offset = tone(TEXTURE[None], grey[None], ALL[None], NARROW, SETTINGS)
    made = (mixture @ TEXTURE[..., None])[..., 0] + offset
    assert np.abs(made - grey).mean() < 0.05 * np.abs(TEXTURE - grey).mean()


def test_only_what_counts_tells_the_tone() -> None:
    left = ALL.copy()
    left[:, SIDE // 2 :] = 0
    edited = TEXTURE + np.where(left[..., None] > 0, np.float32(BRIGHTER), np.float32(-1))
    _, offset = tone(TEXTURE[None], edited[None], left[None], NARROW, SETTINGS)
    np.testing.assert_allclose(offset[:, : SIDE // 2], BRIGHTER, atol=0.02)


def test_tone_and_paste_mask_share_the_change_along_the_border() -> None:
    toned = beyond().toned(TEXTURE, 0)
    pasted = window(SIDE, MARGIN * SIDE)[..., None]
    shown = toned + pasted * (TEXTURE + BRIGHTER - toned) - TEXTURE  # as `Compositor.composite` does
    assert shown.min() > 0.999 * BRIGHTER  # at 0.94 a line of brown ran through grey hair
    assert shown.max() < 1.001 * BRIGHTER


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


def test_hair_that_hangs_below_the_edit_s_lower_edge_is_no_edge_either() -> None:
    """The edit ends at 80 of 100, hair at the left border goes on."""
    inside = ALL.copy()
    inside[60:80] = np.linspace(1, 0, 20, dtype=np.float32)[:, None]
    inside[80:] = 0
    found = of(TEXTURE, TEXTURE + np.float32(BRIGHTER), inside)
    pasted = (inside * window(SIDE, MARGIN * SIDE))[..., None]
    toned = found.toned(TEXTURE, 0)
    shown = (toned + pasted * (TEXTURE + BRIGHTER - toned) - TEXTURE).mean(2)
    assert np.abs(np.diff(shown[:, :5], axis=0)).max() < 0.05 * BRIGHTER
    assert shown[-1, 50] < 0.05 * BRIGHTER  # a collar, far from what was cut
    weight = found.weight(0)
    below = slice(PAD + 82, PAD + SIDE)
    np.testing.assert_allclose(weight[below, PAD], weight[below, PAD - 1], atol=0.06)


def test_frames_that_move_tell_the_tone_of_what_they_show() -> None:
    """A person who is left in one frame and right in the other, before a wall that the edit paints black."""
    left = ALL.copy()
    left[:, SIDE // 2 :] = 0
    both = np.stack([left, 1 - left])
    inputs = np.where(both[..., None] > 0, TEXTURE, np.float32(0.9))
    edited = np.where(both[..., None] > 0, TEXTURE + np.float32(BRIGHTER), np.float32(-1))
    mixture, offset = tone(inputs, edited, both, NARROW, SETTINGS)
    np.testing.assert_allclose((mixture @ TEXTURE[..., None])[..., 0] + offset, TEXTURE + BRIGHTER, atol=0.02)


def test_nothing_is_carried_without_a_cut() -> None:
    inside = np.zeros_like(ALL)
    inside[20:80, 20:80] = 1
    assert not fit_extension(TEXTURE[None], TEXTURE[None] + np.float32(BRIGHTER), inside[None], SETTINGS)["ramps"].any()


def test_far_from_the_border_the_tone_is_that_of_a_wider_window() -> None:
    edited = 0.5 * TEXTURE + np.float32(0.2)
    edited[:5, 40:60] = 0.8  # along the border, a parting that is drawn white
    found = of(TEXTURE, edited, ALL)
    middle = SIDE // 2
    near, far = (tone(TEXTURE[None], edited[None], ALL[None], blur, SETTINGS)[1][0, middle] for blur in SETTINGS.blur)
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
    assert made.max() <= 130
