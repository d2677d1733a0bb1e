import os
import resource
import time
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from steadyface.errors import InputError, ResourceError
from steadyface.video.info import probe
from steadyface.video.reader import Frame, read_frames
from steadyface.video.writer import write_video

IRREGULAR = [0, 40, 41, 100, 333, 334, 500, 1200]


def seconds(frames: list[Frame]) -> list[Fraction]:
    return [(frame.pts - frames[0].pts) * frame.time_base for frame in frames]


def copy(path: Path, target: Path, **options: object) -> tuple[list[Frame], list[Frame]]:
    """Write a clip's frames back unchanged; what was read before and after."""
    before = list(read_frames(path))
    write_video(target, iter(before), probe(path), **options)
    return before, list(read_frames(target))


def psnr(one: np.ndarray, other: np.ndarray) -> float:
    return float(10 * np.log10(255**2 / np.mean((one.astype(float) - other) ** 2)))


def test_the_grid_clip_comes_back(grid_clip: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.mp4"
    before, after = copy(grid_clip, target, audio_from=grid_clip)
    assert len(after) == 75
    assert seconds(after) == seconds(before)
    assert after[0].pts == 0
    assert after[-1].duration * after[-1].time_base == Fraction(1, 25)
    assert min(psnr(a.image, b.image) for a, b in zip(before, after, strict=True)) > 38
    info = probe(target)
    assert (info.width, info.height, info.frame_count, info.duration) == (360, 288, 75, 3)
    assert info.average_rate == 25
    assert info.has_audio


@pytest.mark.parametrize("time_base", [Fraction(1, 25), Fraction(1001, 30000), Fraction(1, 50), Fraction(1, 24)])
def test_constant_rates(make_clip, tmp_path: Path, time_base: Fraction) -> None:
    path = make_clip(time_base=time_base, pts=range(40))
    before, after = copy(path, tmp_path / "out.mp4")
    assert seconds(after) == [k * time_base for k in range(40)] == seconds(before)
    assert probe(tmp_path / "out.mp4").average_rate == 1 / time_base
    assert probe(tmp_path / "out.mp4").duration == 40 * time_base


def test_a_variable_rate_and_the_last_frame_s_duration(make_clip, tmp_path: Path) -> None:
    path = make_clip(pts=IRREGULAR, last=77, time_base=Fraction(1, 1000))
    _, after = copy(path, tmp_path / "out.mp4")
    assert [1000 * time for time in seconds(after)] == IRREGULAR
    assert after[-1].duration * after[-1].time_base == Fraction(77, 1000)
    assert probe(tmp_path / "out.mp4").duration == Fraction(1277, 1000)


def test_the_first_frame_written_is_at_zero(make_clip, tmp_path: Path) -> None:
    path = make_clip(pts=[50 + stamp for stamp in IRREGULAR], time_base=Fraction(1, 1000))
    info = probe(path)
    write_video(tmp_path / "out.mp4", read_frames(path, 3, 7), info)
    after = list(read_frames(tmp_path / "out.mp4"))
    assert [1000 * frame.pts * frame.time_base for frame in after] == [0, 233, 234, 400]
    assert after[-1].duration * after[-1].time_base == Fraction(700, 1000)


@pytest.mark.parametrize("container", ["matroska", "mpegts", "avi", "mov", "webm"])
def test_timestamps_from_other_containers(make_clip, tmp_path: Path, container: str) -> None:
    codec = {"avi": "mpeg4", "webm": "libvpx-vp9"}.get(container, "libx264")
    path = make_clip(f"in.{container}", container=container, codec=codec, pts=range(20))
    before, after = copy(path, tmp_path / "out.mp4")
    assert len(before) == len(after)
    assert seconds(after) == seconds(before)


def test_decode_times_are_presentation_times(grid_clip: Path, tmp_path: Path) -> None:
    copy(grid_clip, tmp_path / "out.mp4")
    with av.open(str(tmp_path / "out.mp4")) as source:
        packets = [packet for packet in source.demux(source.streams.video[0]) if packet.size]
    assert [packet.dts for packet in packets] == [packet.pts for packet in packets] == [3600 * k for k in range(75)]


@pytest.mark.parametrize("tags", [(1, 1, 1, 1), (5, 6, 5, 1), (6, 6, 6, 2), (9, 14, 9, 1), (1, 13, 1, 2)])
def test_colour_tags_are_kept_and_so_are_the_colours(make_clip, tmp_path: Path, tags: tuple[int, ...]) -> None:
    path = make_clip(tags=tags)
    before, after = copy(path, tmp_path / "out.mp4", options={"crf": "4"})
    colour = probe(tmp_path / "out.mp4").colour
    assert (colour.primaries, colour.trc, colour.matrix, colour.range) == tags
    assert colour == probe(path).colour
    assert min(psnr(a.image, b.image) for a, b in zip(before, after, strict=True)) > 42


def test_missing_tags_stay_missing(make_clip, tmp_path: Path) -> None:
    path = make_clip()
    copy(path, tmp_path / "out.mp4")
    assert probe(tmp_path / "out.mp4").colour == probe(path).colour
    assert probe(path).colour.matrix == 2


@pytest.mark.parametrize("rotation", [0, 90])
def test_pixel_shape_of_a_turned_clip(make_clip, tmp_path: Path, rotation: int) -> None:
    path = make_clip(aspect=Fraction(12, 11), rotation=rotation, size=(96, 64))
    before, after = copy(path, tmp_path / "out.mp4")
    info = probe(tmp_path / "out.mp4")
    assert info.sample_aspect_ratio == (Fraction(11, 12) if rotation else Fraction(12, 11))
    assert info.rotation == 0
    assert after[0].image.shape == before[0].image.shape == ((96, 64, 3) if rotation else (64, 96, 3))
    assert psnr(before[0].image, after[0].image) > 38


@pytest.mark.parametrize("size", [(65, 48), (64, 47), (33, 17)])
@pytest.mark.parametrize("coded", [False, True])
def test_odd_sides_become_even_and_the_picture_stays(make_clip, tmp_path: Path, size: tuple[int, int], coded) -> None:
    path, out = make_clip(size=size), tmp_path / "out.mp4"
    before = list(read_frames(path, coded=coded))
    write_video(out, before, probe(path))
    after, info = list(read_frames(out)), probe(out)
    width, height = size
    assert (info.width, info.height) == (width + width % 2, height + height % 2)
    assert info.pixel_format == "yuv420p"
    for one, other in zip(before, after, strict=True):
        assert psnr(one.image, other.image[:height, :width]) > 38
        edge = other.image[height - 1 :, width - 1 :].reshape(-1, 3).astype(int)
        assert np.abs(edge - edge[0]).max() <= 12


def test_another_size_than_the_input_s(make_clip, tmp_path: Path) -> None:
    path = make_clip()
    frames = (replace(frame, image=np.hstack([frame.image] * 3)) for frame in read_frames(path))
    write_video(tmp_path / "wide.mp4", frames, probe(path))
    assert probe(tmp_path / "wide.mp4").width == 3 * 64


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="the number of cores can't be changed here")
def test_the_bytes_depend_neither_on_the_time_nor_on_the_number_of_cores(make_clip, tmp_path: Path) -> None:
    path, cores = make_clip(sound="aac", size=(320, 240)), os.sched_getaffinity(0)
    copy(path, tmp_path / "one.mp4", audio_from=path, metadata={"comment": "edited"})
    time.sleep(1.1)  # an mp4 states times in whole seconds
    try:
        os.sched_setaffinity(0, {min(cores)})
        copy(path, tmp_path / "other.mp4", audio_from=path, metadata={"comment": "edited"})
    finally:
        os.sched_setaffinity(0, cores)
    assert (tmp_path / "one.mp4").read_bytes() == (tmp_path / "other.mp4").read_bytes()


@pytest.mark.parametrize("extra", [{}, {"steadyface": "edited"}])
def test_metadata(make_clip, tmp_path: Path, extra: dict[str, str]) -> None:
    path = make_clip()
    metadata = {"comment": "edited: eyeglasses", "title": "Zoë", **extra}
    copy(path, tmp_path / "out.mp4", metadata=metadata)
    with av.open(str(tmp_path / "out.mp4")) as source:
        assert metadata.items() <= source.metadata.items()


def test_the_index_is_at_the_front(make_clip, tmp_path: Path) -> None:
    copy(make_clip(), tmp_path / "out.mp4")
    data = (tmp_path / "out.mp4").read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


def leftovers(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} - {"in.mp4"}


@pytest.mark.parametrize("failure", [RuntimeError, OSError, KeyboardInterrupt])
@pytest.mark.parametrize("after", [0, 1, 30])
def test_failing_frames_leave_no_file(make_clip, tmp_path: Path, failure: type[BaseException], after: int) -> None:
    path = make_clip(pts=range(40))

    def frames() -> Iterator[Frame]:
        for frame in read_frames(path):
            if frame.index == after:
                raise failure("the edit failed")
            yield frame

    with pytest.raises(failure, match="the edit failed"):
        write_video(tmp_path / "out.mp4", frames(), probe(path), options={"preset": "ultrafast"})
    assert leftovers(tmp_path) == set()


def test_a_failure_keeps_the_older_output(make_clip, tmp_path: Path) -> None:
    path = make_clip()
    (tmp_path / "out.mp4").write_bytes(b"the last good result")
    frames = list(read_frames(path))
    odd = replace(frames[5], image=frames[5].image[:, :32])
    with pytest.raises(InputError, match="frame 5 is 32x48 but frame 0 is 64x48"):
        write_video(tmp_path / "out.mp4", [*frames[:5], odd, *frames[6:]], probe(path))
    assert (tmp_path / "out.mp4").read_bytes() == b"the last good result"
    assert leftovers(tmp_path) == {"out.mp4"}


def test_no_frames(make_clip, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no frames"):
        write_video(tmp_path / "out.mp4", [], probe(make_clip()))
    assert leftovers(tmp_path) == set()


def test_timestamps_that_stand_still_are_a_mistake_of_the_caller(make_clip, tmp_path: Path) -> None:
    frame = next(read_frames(make_clip()))
    with pytest.raises(ValueError, match="does not come after"):
        write_video(tmp_path / "out.mp4", [frame, replace(frame, index=1)], probe(tmp_path / "in.mp4"))
    assert leftovers(tmp_path) == set()


@pytest.mark.parametrize("codec", ["nonsense", "aac", "vp8"])
def test_a_codec_that_mp4_can_t_have(make_clip, tmp_path: Path, codec: str) -> None:
    path = make_clip()
    with pytest.raises(InputError, match=f"codec {codec}"):
        write_video(tmp_path / "out.mp4", read_frames(path), probe(path), codec=codec)
    assert leftovers(tmp_path) == set()


def never() -> Iterator[Frame]:
    raise AssertionError("frames were computed although the target can't be written")
    yield


def test_a_target_that_can_t_be_written_is_told_before_the_work(make_clip, tmp_path: Path) -> None:
    info = probe(make_clip())
    (tmp_path / "file").touch()
    (tmp_path / "folder.mp4").mkdir()
    # Not even root can make files in /sys.
    for target in (
        tmp_path / "no" / "out.mp4",
        tmp_path / "file" / "out.mp4",
        tmp_path / "folder.mp4",
        Path("/sys/out.mp4"),
    ):
        with pytest.raises(ResourceError, match="can't be written") as caught:
            write_video(target, never(), info)
        assert str(target) in str(caught.value)
    assert leftovers(tmp_path) == {"file", "folder.mp4"}


@pytest.mark.parametrize("limit", [20, 3000])
def test_a_target_that_fills_up(make_clip, tmp_path: Path, limit: int) -> None:
    path = make_clip(pts=range(60), size=(128, 96))
    frames = list(read_frames(path))
    rng = np.random.default_rng(0)
    noisy = [replace(frame, image=rng.integers(0, 256, frame.image.shape, dtype=np.uint8)) for frame in frames]
    info = probe(path)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    try:
        with pytest.raises(ResourceError, match=r"can't be written .*[Ff]ile too large"):
            write_video(tmp_path / "out.mp4", noisy, info, options={"preset": "ultrafast"})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert leftovers(tmp_path) == set()


def test_memory_does_not_grow_with_length(make_clip, tmp_path: Path) -> None:
    path = make_clip(size=(128, 96))
    first = next(read_frames(path))
    info = probe(path)

    def peak(count: int) -> int:
        frames = (replace(first, index=k, pts=first.pts + 512 * k, image=first.image.copy()) for k in range(count))
        tracemalloc.start()
        write_video(tmp_path / "out.mp4", frames, info, options={"preset": "ultrafast"})
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    # One picture is 37 kB: a kept list of the longer clip would be 11 MB.
    peak(10)
    assert peak(300) < peak(30) + 10 * first.image.nbytes
