"""Folders of pictures."""

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from steadyface.errors import InputError
from steadyface.video.info import probe
from steadyface.video.reader import read_frames
from steadyface.video.remarks import remarks
from steadyface.video.writer import write_video

COUNT = 12


@pytest.fixture
def shots(tmp_path: Path, draw) -> Path:
    """Pictures whose numbers have no leading zeros, and a file that is none."""
    folder = tmp_path / "shots"
    folder.mkdir()
    for index in range(COUNT):
        cv2.imwrite(str(folder / f"shot{index}.png"), draw(index, 64, 48)[..., ::-1])
    (folder / "notes.txt").write_text("not a picture", "utf-8")
    return folder


def test_pictures_come_in_the_order_of_their_numbers_without_loss(shots: Path, draw) -> None:
    info, frames = probe(shots), list(read_frames(shots))
    assert (info.width, info.height, info.frame_count, info.average_rate) == (64, 48, COUNT, 25)
    assert not info.has_audio
    assert [(frame.pts, frame.duration, frame.time_base) for frame in frames] == [
        (index, 1, Fraction(1, 25)) for index in range(COUNT)
    ]
    for index, frame in enumerate(frames):
        np.testing.assert_array_equal(frame.image, draw(index, 64, 48))


@pytest.mark.parametrize("rate", [None, Fraction(24), Fraction(30000, 1001)])
def test_the_rate_is_the_one_that_was_asked_for(shots: Path, tmp_path: Path, rate: Fraction | None) -> None:
    out = tmp_path / "out.mp4"
    write_video(out, read_frames(shots, rate=rate), probe(shots, rate))
    frames = list(read_frames(out))
    assert len(frames) == COUNT
    assert {frame.duration * frame.time_base for frame in frames} == {1 / (rate or Fraction(25))}
    said = [line for line in remarks(shots, rate=rate) if "25 frames a second" in line]
    assert len(said) == (rate is None)


def test_a_part(shots: Path) -> None:
    assert [frame.index for frame in read_frames(shots, 3, 6)] == [3, 4, 5]
    with pytest.raises(InputError, match="has 12 frames"):
        list(read_frames(shots, 3, 13))


def test_pictures_of_two_sizes_are_refused(shots: Path, draw) -> None:
    cv2.imwrite(str(shots / "shot5.png"), draw(5, 96, 48))
    with pytest.raises(InputError, match="the picture size changes at frame 5, from 64x48 to 96x48"):
        list(read_frames(shots))


def test_a_damaged_picture_is_named(shots: Path) -> None:
    (shots / "shot5.png").write_bytes(b"no picture")
    with pytest.raises(InputError, match=r"shot5\.png: not a readable picture"):
        list(read_frames(shots))


def test_a_video_has_its_own_rate(make_clip) -> None:
    with pytest.raises(InputError, match="has its own frame rate; --rate is for a folder"):
        probe(make_clip(), Fraction(24))
