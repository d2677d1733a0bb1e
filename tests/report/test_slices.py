"""One line of pixels over time."""

import cv2
import numpy as np
import pytest

from steadyface.errors import InputError
from steadyface.report.slices import slices_figure, slices_of, xt_slice


def clip(count: int = 5, side: int = 32) -> list[np.ndarray]:
    return list(np.random.default_rng(0).integers(0, 256, (count, side, side, 3), np.uint8))


@pytest.mark.parametrize("scale", [1, 3])
def test_a_slice_is_the_row_of_every_frame(scale):
    frames = clip()
    picture = xt_slice(frames, 7, scale)
    assert picture.shape == (5 * scale, 32, 3)
    for t, frame in enumerate(frames):
        for line in picture[t * scale : (t + 1) * scale]:
            np.testing.assert_array_equal(line, frame[7])


@pytest.mark.parametrize("y", [-1, 32])
def test_a_row_outside_is_refused(y):
    with pytest.raises(InputError, match="0 to 31"):
        xt_slice(clip(), y)


def test_no_frames_are_refused():
    with pytest.raises(InputError, match="at least one frame"):
        xt_slice([], 0)


@pytest.fixture
def run(tmp_path):
    for name, value in (("input", 10), ("inverted", 20), ("direct", 30), ("edited", 40)):
        (tmp_path / "aligned" / name).mkdir(parents=True)
        for index in range(8):
            picture = np.full((100, 90, 3), value, np.uint8)
            picture[47] = value + index
            cv2.imwrite(str(tmp_path / "aligned" / name / f"{index:05d}.png"), picture)
    return tmp_path


def test_the_figure_shows_input_direct_and_edited_at_the_eyes(run):
    figure = slices_figure(run, scale=2)
    columns = [figure[-20:-4, -(3 - c) * 94 + 45, 0] for c in range(3)]
    for value, column in zip((10, 30, 40), columns, strict=True):
        np.testing.assert_array_equal(column, value + np.repeat(np.arange(8), 2))


def test_a_chosen_row(run):
    figure = slices_figure(run, y=3, scale=1)
    assert set(figure[-12:-4, -50, 0].tolist()) == {40}


def test_more_than_four_clips_go_on_below():
    clips = {f"clip {number}": [np.full((90, 90, 3), 10 * number, np.uint8)] * 8 for number in range(6)}
    first, both = slices_of({name: clips[name] for name in list(clips)[:4]}), slices_of(clips)
    assert both.shape == (2 * len(first), *first.shape[1:])
    np.testing.assert_array_equal(both[: len(first)], first)
    assert [int(both[-10, -(4 - column) * 94 + 45, 0]) for column in range(4)] == [40, 50, 255, 255]
