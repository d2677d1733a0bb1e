"""What reading a file once finds."""

from fractions import Fraction
from pathlib import Path

import pytest

from steadyface.errors import InputError
from steadyface.video.remarks import remarks
from steadyface.video.survey import count_frames, survey


def test_a_plain_file_has_nothing(make_clip) -> None:
    found = survey(make_clip(sound="aac", pts=range(30)))
    assert (found.left_out, found.jumps, found.missing) == (0, (), 0)
    assert [condition.whole for condition in found.sound] == [True]


def test_a_changed_file_is_read_again(make_clip) -> None:
    assert len(survey(make_clip("in.mkv", pts=range(12), sound="aac")).sound) == 1
    assert survey(make_clip("in.mkv", pts=range(24))).sound == ()


def test_the_end_that_is_missing_in_a_shortened_file_is_said(make_clip, tmp_path: Path) -> None:
    path = make_clip("in.mkv", pts=range(100))
    assert survey(path).missing == 0
    short = tmp_path / "short.mkv"
    data = path.read_bytes()
    short.write_bytes(data[: len(data) // 2])
    assert survey(short).missing > Fraction(3, 2)
    assert any("that the file promises are missing" in line for line in remarks(short))


def test_frames_are_counted_and_their_damage_is_found(make_clip, tmp_path: Path) -> None:
    path = make_clip(pts=range(40))
    assert count_frames(path, 0, None) == 40
    assert count_frames(path, 10, 30) == 20
    short = tmp_path / "short.mp4"
    short.write_bytes(path.read_bytes()[:-2000])
    with pytest.raises(InputError, match=r"damaged|not a readable video"):
        count_frames(short, 0, None)
