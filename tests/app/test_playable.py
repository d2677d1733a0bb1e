"""Copies for browsers."""

import av
import pytest

from steadyface.app.playable import playable
from steadyface.video.reader import read_frames


def streams(path):
    with av.open(str(path)) as container:
        sounds = [stream.codec_context.name for stream in container.streams.audio]
        return container.streams.video[0].codec_context.pix_fmt, sounds


def pictures(path):
    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(video=0) if packet.size]


@pytest.mark.parametrize("sound", [None, "aac", "libmp3lame"])
def test_what_plays_is_left_alone(blank, sound):
    path = blank(sound=sound)
    assert playable(path) == path
    assert not (path.parent / "browser").exists()


def test_mp2_becomes_aac_and_the_pictures_stay(blank):
    path = blank(sound="mp2", frames=20)
    copy = playable(path)
    assert streams(copy) == ("yuv420p", ["aac"])
    assert pictures(copy) == pictures(path)
    with av.open(str(copy)) as container:
        length = sum(frame.samples for frame in container.decode(audio=0)) / 44100
    assert length == pytest.approx(20 / 25, abs=0.1)


def test_odd_sides_become_even(blank):
    path = blank(sound="mp2", size=(63, 49))
    copy = playable(path)
    assert streams(copy) == ("yuv420p", ["aac"])
    with av.open(str(copy)) as container:
        assert (container.streams.video[0].width, container.streams.video[0].height) == (64, 50)
    assert len(list(read_frames(copy))) == 4


def test_a_copy_is_made_once(blank):
    path = blank(sound="mp2")
    made = playable(path).stat()
    again = playable(path).stat()
    assert (made.st_ino, made.st_mtime_ns) == (again.st_ino, again.st_mtime_ns)
