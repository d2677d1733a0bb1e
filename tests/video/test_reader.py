from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from steadyface.errors import InputError
from steadyface.video.reader import read_frames

IRREGULAR = [0, 40, 41, 100, 333, 334, 500, 1200]


def test_the_grid_clip_has_75_frames_40_ms_apart(grid_clip: Path) -> None:
    frames = [(frame.index, frame.pts, frame.duration) for frame in read_frames(grid_clip)]
    assert frames == [(k, 3600 * k, 3600) for k in range(75)]


def test_pictures_in_presentation_order(make_clip, draw) -> None:
    frames = list(read_frames(make_clip()))
    assert [frame.index for frame in frames] == list(range(12))
    for frame in frames:
        assert frame.image.dtype == np.uint8
        assert frame.image.flags.c_contiguous
        assert np.abs(frame.image.astype(int) - draw(frame.index, 64, 48)).mean() < 2


def test_irregular_timestamps_are_exact(make_clip) -> None:
    path = make_clip(pts=IRREGULAR, last=77, time_base=Fraction(1, 1000))
    frames = list(read_frames(path))
    assert [frame.pts * frame.time_base * 1000 for frame in frames] == IRREGULAR
    assert frames[-1].duration * frames[-1].time_base * 1000 == 77


def test_a_range_is_a_slice_of_the_whole(make_clip) -> None:
    path = make_clip()
    whole = list(read_frames(path))
    part = list(read_frames(path, 3, 7))
    assert [(frame.index, frame.pts) for frame in part] == [(frame.index, frame.pts) for frame in whole[3:7]]
    for one, other in zip(part, whole[3:7], strict=True):
        np.testing.assert_array_equal(one.image, other.image)
    assert len(list(read_frames(path, 9))) == 3


@pytest.mark.parametrize(("start", "stop"), [(-1, None), (5, 5), (6, 2)])
def test_a_senseless_range_fails_at_once(make_clip, start: int, stop: int | None) -> None:
    with pytest.raises(InputError, match="empty range"):
        read_frames(make_clip(), start, stop)


@pytest.mark.parametrize(("start", "stop"), [(3, 13), (12, None), (40, 50)])
def test_a_range_beyond_the_end_says_how_long_the_video_is(make_clip, start: int, stop: int | None) -> None:
    with pytest.raises(InputError, match="has 12 frames"):
        list(read_frames(make_clip(), start, stop))


def test_a_missing_file_fails_before_the_first_frame(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_frames(tmp_path / "nothing.mp4")


def test_no_timestamps_means_the_nominal_rate(make_clip) -> None:
    path = make_clip("raw.h264", container="h264")
    stamps = [frame.pts * frame.time_base for frame in read_frames(path)]
    steps = np.diff(np.array(stamps))
    assert len(stamps) == 12
    assert all(step == Fraction(1, 25) for step in steps)


@pytest.mark.parametrize("codec", ["libx264", "mpeg4"])
def test_avi_states_times_in_the_order_of_its_packets(make_clip, codec: str) -> None:
    frames = list(read_frames(make_clip("in.avi", container="avi", codec=codec)))
    assert len(frames) == 12
    assert {frame.duration for frame in frames} == {1}


def packets_of(path: Path) -> list[tuple[int, int]]:
    with av.open(str(path)) as source:
        return [(packet.pos, packet.size) for packet in source.demux(source.streams.video[0]) if packet.size]


def test_damage_half_way_names_the_frame(make_clip, tmp_path: Path) -> None:
    path = make_clip(pts=range(40))
    data = bytearray(path.read_bytes())
    position, size = packets_of(path)[25]
    data[position + size // 4 : position + size] = bytes(
        byte ^ 0x55 for byte in data[position + size // 4 : position + size]
    )
    damaged = tmp_path / "damaged.mp4"
    damaged.write_bytes(data)
    good = 0
    with pytest.raises(InputError) as caught:  # noqa: PT012
        for _ in read_frames(damaged):
            good += 1
    # Frames are decoded ahead and out of order, so the last few before the damage may be lost with it.
    assert 15 <= good <= 26
    # A frame's duration is only known when the next one is there.
    assert f"damaged at frame {good + 1}" in str(caught.value)
    assert f"edit frames 0:{good} only" in str(caught.value)
    assert len(list(read_frames(damaged, 0, good))) == good


@pytest.mark.parametrize("exact", [False, True])
def test_a_file_cut_off_half_way_is_damaged_and_not_short(make_clip, tmp_path: Path, exact: bool) -> None:
    path = make_clip(pts=range(40))
    fast = tmp_path / "fast.mp4"
    with (
        av.open(str(path)) as source,
        av.open(str(fast), "w", container_options={"movflags": "faststart"}) as target,
    ):
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(source.streams.video[0]):
            if packet.size:
                packet.stream = stream
                target.mux(packet)
    position, _ = packets_of(fast)[20]
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(fast.read_bytes()[: position if exact else position + 5])
    with pytest.raises(InputError, match="damaged at frame"):
        list(read_frames(cut))


def test_a_damaged_grid_clip(grid_clip: Path, tmp_path: Path) -> None:
    data = bytearray(grid_clip.read_bytes())
    data[200_000:200_400] = bytes(400)
    path = tmp_path / "damaged.mpg"
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"damaged at frame 3\d"):
        list(read_frames(path))


def test_a_change_of_picture_size_names_the_frame(make_clip, tmp_path: Path) -> None:
    joined = tmp_path / "joined.h264"
    parts = [make_clip("a.h264", container="h264"), make_clip("b.h264", container="h264", size=(96, 64))]
    joined.write_bytes(b"".join(part.read_bytes() for part in parts))
    with pytest.raises(InputError, match="changes at frame 12, from 64x48 to 96x64"):
        list(read_frames(joined))
