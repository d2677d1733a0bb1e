"""Files that begin inside a group of pictures, and clocks that jump."""

from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from steadyface.errors import InputError
from steadyface.video.info import open_video, picture_stream, probe
from steadyface.video.packets import Pictures
from steadyface.video.reader import Frame, read_frames

GROUP, COUNT = 8, 24
OPEN = {
    "libx264": {"x264-params": f"open-gop=1:keyint={GROUP}:min-keyint={GROUP}:bframes=3:b-adapt=0:scenecut=0"},
    "libx265": {
        "x265-params": f"open-gop=1:keyint={GROUP}:min-keyint={GROUP}:bframes=3:b-adapt=0:scenecut=0:log-level=error"
    },
}


@pytest.fixture
def groups(tmp_path: Path, draw: Callable[[int, int, int], np.ndarray]) -> Callable[[str, str], Path]:
    """Make clips of several open groups of pictures."""

    def make(codec: str, container: str) -> Path:
        path = tmp_path / f"{codec}.{container}"
        with av.open(str(path), "w", format=container) as target:
            stream = target.add_stream(codec, rate=25, options=OPEN[codec])
            stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
            for index in range(COUNT):
                target.mux(stream.encode(av.VideoFrame.from_ndarray(draw(index, 96, 64), format="rgb24")))
            target.mux(stream.encode(None))
        return path

    return make


def cut(path: Path, target: Path, first: int, *, container: str) -> int:
    """Copy the packets from the key picture ``first`` (or the packet before it, if negative) on.

    Returns how many pictures are before that key picture on the screen.
    """
    with av.open(str(path)) as source, av.open(str(target), "w", format=container) as out:
        packets = [packet for packet in source.demux(source.streams.video[0]) if packet.size]
        keys = [index for index, packet in enumerate(packets) if packet.is_keyframe]
        begin = keys[abs(first)]
        key = packets[begin].pts
        stream = out.add_stream_from_template(source.streams.video[0])
        for packet in packets[begin - (2 if first < 0 else 0) :]:
            packet.stream = stream
            out.mux(packet)
        return sum(packet.pts < key for packet in packets)


def described(path: Path) -> Pictures:
    """What reading all packets says."""
    with open_video(path) as container:
        pictures = Pictures(container, picture_stream(container, path), probe(path).nominal_ticks)
        for _ in pictures.packets():
            pass
    return pictures


def same(some: list[Frame], others: list[Frame]) -> None:
    assert len(some) == len(others)
    for one, other in zip(some, others, strict=True):
        np.testing.assert_array_equal(one.image, other.image)


@pytest.mark.parametrize("codec", sorted(OPEN))
@pytest.mark.parametrize("container", ["mp4", "matroska", "mpegts"])
@pytest.mark.parametrize("first", [1, -1])
def test_a_clip_that_begins_inside_an_open_group(groups, tmp_path: Path, codec, container, first) -> None:
    whole = groups(codec, container)
    before = cut(whole, tmp_path / "cut", first, container=container)
    frames = list(read_frames(tmp_path / "cut"))
    assert len(frames) == COUNT - before
    same(frames, list(read_frames(whole))[before:])
    step = round(Fraction(1, 25) / frames[0].time_base)
    assert all(abs(b.pts - a.pts - step) <= 1 for a, b in pairwise(frames))
    found, expected = described(tmp_path / "cut"), 3 + (2 if first < 0 else 0)
    assert found.skipped == expected
    # An mp4 file hides pictures before time 0 by itself
    assert found.left_out == (0 if container == "mp4" and first > 0 else expected)


def test_damage_after_such_a_beginning_is_still_found(groups, tmp_path: Path) -> None:
    path = tmp_path / "cut.mkv"
    cut(groups("libx264", "matroska"), path, 1, container="matroska")
    with av.open(str(path)) as source:
        packets = [bytes(packet) for packet in source.demux(source.streams.video[0]) if packet.size]
    data, bad = path.read_bytes(), bytearray(packets[8])
    bad[len(bad) // 4 :] = bytes(byte ^ 0x55 for byte in bad[len(bad) // 4 :])
    assert data.count(packets[8]) == 1
    path.write_bytes(data.replace(packets[8], bytes(bad)))
    with pytest.raises(InputError, match="damaged at frame"):
        list(read_frames(path))


@pytest.mark.parametrize("codec", sorted(OPEN))
def test_joined_transport_streams_go_on_at_the_nominal_rate(groups, tmp_path: Path, codec: str) -> None:
    whole, part, joined = groups(codec, "mpegts"), tmp_path / "part.ts", tmp_path / "joined.ts"
    before = cut(whole, part, 1, container="mpegts")
    joined.write_bytes(whole.read_bytes() + part.read_bytes() + whole.read_bytes())
    frames = list(read_frames(joined))
    one = list(read_frames(whole))
    same(frames, [*one, *one[before:], *one])
    assert {frame.duration for frame in frames} == {3600}
    jumps = described(joined).jumps
    assert [when - jumps[0][0] for when, _ in jumps] == [0, Fraction(COUNT - before, 25)]


def test_parts_that_are_shorter_than_the_decoder_s_delay(groups, tmp_path: Path) -> None:
    part, joined = tmp_path / "part.ts", tmp_path / "joined.ts"
    cut(groups("libx264", "mpegts"), part, 2, container="mpegts")
    one = list(read_frames(part))
    assert len(one) < GROUP + 1
    joined.write_bytes(part.read_bytes() * 5)
    same(list(read_frames(joined)), one * 5)


def test_a_long_step_forward_is_a_jump_in_a_transport_stream_and_a_pause_elsewhere(make_clip, tmp_path: Path) -> None:
    late = [*range(12), *range(1000, 1012)]
    stream, film = (
        make_clip("late.ts", container="mpegts", codec="mpeg2video", pts=late),
        make_clip("late.mkv", pts=late),
    )
    assert [frame.duration for frame in read_frames(stream)] == [3600] * 24
    assert [frame.pts for frame in read_frames(film)] == [40 * each for each in late]
    assert [len(described(path).jumps) for path in (stream, film)] == [1, 0]
