"""Interlaced pictures of a bar that moves over a still picture."""

from pathlib import Path

import av
import numpy as np
import pytest

from steadyface.video.deinterlace import deinterlaced
from steadyface.video.info import probe
from steadyface.video.reader import read_frames
from steadyface.video.remarks import remarks

WIDTH, HEIGHT, COUNT, STEP = 160, 96, 8, 3
BAR = 12


def moment(time: int) -> np.ndarray:
    """The picture at a time in fields, (H, W): a still gradient, and above it a bar that moves to the right."""
    image = np.tile(np.linspace(60, 180, WIDTH), (HEIGHT, 1))
    image[: HEIGHT // 2, 10 + STEP * time : 10 + STEP * time + BAR] = 235
    return image


@pytest.fixture
def fields(tmp_path: Path) -> Path:
    """Odd lines are those of one time, even lines those of the next: the encoder marks the lower field as first."""
    path = tmp_path / "fields.mkv"
    with av.open(str(path), "w") as target:
        stream = target.add_stream("libx264", rate=25, options={"x264-params": "bff=1:crf=2:bframes=0"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for index in range(COUNT):
            image = moment(2 * index)
            image[::2] = moment(2 * index + 1)[::2]
            grey = np.repeat(image[..., None], 3, axis=2).round().astype(np.uint8)
            target.mux(stream.encode(av.VideoFrame.from_ndarray(grey, format="rgb24")))
        target.mux(stream.encode(None))
    return path


def combed(image: np.ndarray) -> float:
    """How much lines differ from their neighbours: the mean of |a - 2b + c| down the columns of the moving half."""
    grey = image[4 : HEIGHT // 2 - 4].astype(float)
    return float(np.abs(grey[:-2] - 2 * grey[1:-1] + grey[2:]).mean())


def test_pictures_are_whole_at_the_time_of_their_first_field(fields: Path) -> None:
    info, frames = probe(fields), list(read_frames(fields))
    assert info.interlaced
    assert len(frames) == COUNT
    assert [frame.pts for frame in frames] == [40 * index for index in range(COUNT)]
    with av.open(str(fields)) as source:
        coded = [frame.to_ndarray(format="gray") for frame in source.decode(video=0)]
    # The first and the last one have a neighbour on one side only
    for index in range(1, COUNT - 1):
        made = frames[index].image[..., 1]
        assert combed(coded[index]) > 5
        assert combed(made) < combed(coded[index]) / 4
        expected = moment(2 * index)
        assert np.abs(made - expected)[4 : HEIGHT // 2 - 4].mean() < 1
        assert np.abs(made - expected)[HEIGHT // 2 + 4 :].mean() < 1
    assert remarks(fields)[0].startswith("the pictures are interlaced")


def test_whole_pictures_stay_as_they_are(make_clip) -> None:
    path = make_clip()
    assert not probe(path).interlaced
    with av.open(str(path)) as source, av.open(str(path)) as same:
        before = [frame.to_ndarray() for frame in same.decode(video=0)]
        after = list(deinterlaced((frame, index, 1) for index, frame in enumerate(source.decode(video=0))))
    assert [(pts, duration) for _, pts, duration in after] == [(index, 1) for index in range(12)]
    for one, (other, _, _) in zip(before, after, strict=True):
        np.testing.assert_array_equal(one, other.to_ndarray())


def test_one_picture(make_clip) -> None:
    path = make_clip(pts=[0])
    with av.open(str(path)) as source:
        (made,) = deinterlaced((frame, 7, 3) for frame in source.decode(video=0))
    assert made[1:] == (7, 3)
