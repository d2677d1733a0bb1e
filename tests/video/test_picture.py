"""Frames with even sides."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from steadyface.video.picture import even
from steadyface.video.planes import samples
from steadyface.video.reader import read_frames


@pytest.mark.parametrize("size", [(65, 48), (64, 47), (33, 17)])
@pytest.mark.parametrize("codec", ["ffv1", "libx264"])
def test_the_last_row_and_column_are_there_twice(make_clip, size: tuple[int, int], codec: str) -> None:
    path: Path = make_clip("in.mkv", size=size, codec=codec)
    frame = next(read_frames(path, coded=True))
    frame = replace(frame, change=np.random.default_rng(0).normal(size=frame.image.shape).astype(np.float32))
    made, (width, height) = even(frame), size
    assert frame.coded is not None
    assert made.coded is not None
    arrays = zip(
        [frame.image, frame.change, *samples(frame.coded)], [made.image, made.change, *samples(made.coded)], strict=True
    )
    for before, after in arrays:
        assert after.shape[:2] == (height + height % 2, width + width % 2)
        np.testing.assert_array_equal(after[:height, :width], before)
        np.testing.assert_array_equal(after[-1, :width], before[-1])
        np.testing.assert_array_equal(after[-1, -1], before[-1, -1])


def test_an_even_frame_is_the_same(make_clip) -> None:
    frame = next(read_frames(make_clip(), coded=True))
    assert even(frame) is frame
