from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steadyface.video.info import probe
from steadyface.video.orientation import Orientation, upright
from steadyface.video.reader import read_frames


@given(st.booleans(), st.booleans(), st.booleans())
def test_eight_orientations_differ_and_keep_the_pixels(transpose: bool, x: bool, y: bool) -> None:
    image = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)
    turned = upright(image, Orientation(transpose, x, y))
    assert turned.flags.c_contiguous
    assert sorted(turned.ravel()) == sorted(image.ravel())
    assert turned.shape == ((3, 2, 3) if transpose else (2, 3, 3))
    unchanged = turned.shape == image.shape and bool((turned == image).all())
    assert unchanged == (not (transpose or x or y))


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_rotation_is_counter_clockwise(degrees: int) -> None:
    image = np.arange(4 * 5 * 3, dtype=np.uint8).reshape(4, 5, 3)
    orientation = {
        0: Orientation(),
        90: Orientation(True, False, True),
        180: Orientation(False, True, True),
        270: Orientation(True, True, False),
    }[degrees]
    assert orientation.rotation == degrees
    np.testing.assert_array_equal(upright(image, orientation), np.rot90(image, degrees // 90))


@pytest.mark.parametrize("hflip", [False, True])
@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_frames_come_as_the_display_matrix_says(make_clip, degrees: int, hflip: bool) -> None:
    plain = next(read_frames(make_clip("plain.mp4"))).image
    path = make_clip("turned.mp4", rotation=degrees, hflip=hflip)
    shown = next(read_frames(path)).image
    expected = np.rot90(plain, degrees // 90)
    np.testing.assert_array_equal(shown, expected[:, ::-1] if hflip else expected)
    info = probe(path)
    assert shown.shape == (info.height, info.width, 3)


def test_a_slanted_matrix_goes_to_the_nearest_quarter_turn(make_clip) -> None:
    assert probe(make_clip("a.mp4", rotation=80)).rotation == 90
    assert probe(make_clip("b.mp4", rotation=10, time_base=Fraction(1, 25))).rotation == 0
