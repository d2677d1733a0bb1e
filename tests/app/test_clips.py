"""Uploads, and what of them is refused."""

import pytest

from steadyface.app.clips import Clip, frame_range, take
from steadyface.app.limits import Limits
from steadyface.errors import InputError


def test_a_clip_is_described(blank):
    clip = take(blank(frames=5), Limits())
    assert (clip.frames, clip.width, clip.height, clip.rate) == (5, 64, 48, 25.0)
    assert clip.summary == "blank.mp4: 5 frames, 0.2 s, 64 x 48 pixels"


def test_the_length_is_limited(blank):
    path = blank(frames=5)
    assert take(path, Limits(frames=5)).frames == 5
    with pytest.raises(InputError, match="more than 4 frames"):
        take(path, Limits(frames=4))


def test_the_size_is_limited_before_anything_is_decoded(tmp_path):
    path = tmp_path / "large.mp4"
    path.write_bytes(bytes(1_000_001))
    with pytest.raises(InputError, match="at most 1 MB"):
        take(path, Limits(upload_mb=1))


def test_what_is_no_video(tmp_path):
    path = tmp_path / "notes.mp4"
    path.write_text("Dear diary,\n" * 100, encoding="utf-8")
    with pytest.raises(InputError, match="not a readable video"):
        take(path, Limits())


def test_frames_are_counted_with_the_last_one(tmp_path):
    clip = Clip(tmp_path / "a.mp4", 10, 64, 48, 25.0)
    assert frame_range(clip, 0, None) == (0, None)
    assert frame_range(clip, 0, 9) == (0, None)
    assert frame_range(clip, 2, 9) == (2, 10)
    assert frame_range(clip, 3, 3) == (3, 4)


@pytest.mark.parametrize(("first", "last"), [(-1, 3), (4, 3), (0, 10), (10, None)])
def test_frames_outside_the_clip(tmp_path, first, last):
    with pytest.raises(InputError, match="choose within 0 to 9"):
        frame_range(Clip(tmp_path / "a.mp4", 10, 64, 48, 25.0), first, last)
