"""HDR10's statements come through; samples that nothing changes come through bit for bit."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest

from steadyface.video.info import probe
from steadyface.video.planes import samples
from steadyface.video.reader import read_frames
from steadyface.video.transfer import HLG, PQ, displayed
from steadyface.video.writer import write_video

STATED = "master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,50):max-cll=1000,400"


def make(path: Path, codec: str, trc: int, options: Mapping[str, str] | None = None) -> Path:
    """Five noisy frames of 10 bits in BT.2020."""
    with av.open(str(path), "w") as file:
        stream = file.add_stream(codec, rate=25)
        context = stream.codec_context
        context.width, context.height, context.pix_fmt = 96, 64, "yuv420p10le"
        context.color_primaries, context.color_trc, context.colorspace, context.color_range = 9, trc, 9, 1
        context.options = dict(options or {})
        draws = np.random.default_rng(0)
        for index in range(5):
            frame = av.VideoFrame(96, 64, "yuv420p10le")
            for number, plane in enumerate(samples(frame)):
                plane[:] = draws.integers(*((300, 500) if number == 0 else (500, 530)), plane.shape)
            frame.pts = index
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return path


def test_hdr10_keeps_its_statements_and_tags(tmp_path: Path) -> None:
    options = {"x265-params": f"hdr10=1:repeat-headers=1:{STATED}:log-level=error"}
    source = make(tmp_path / "in.mp4", "libx265", PQ, options)
    info = probe(source)
    assert STATED in info.hdr
    write_video(tmp_path / "out.mp4", read_frames(source, coded=True), info, codec="hevc")
    made = probe(tmp_path / "out.mp4")
    assert (made.hdr, made.colour, made.pixel_format) == (info.hdr, info.colour, "yuv420p10le")


def test_a_video_that_states_nothing_has_no_parameters(grid_clip: Path) -> None:
    assert probe(grid_clip).hdr == ""


@pytest.mark.parametrize("trc", [PQ, HLG, 1])
def test_what_is_not_changed_is_the_same_bit_for_bit_and_what_is_changes_as_shown(tmp_path: Path, trc: int) -> None:
    source = make(tmp_path / "in.mkv", "ffv1", trc)
    info, before = probe(source), list(read_frames(source, coded=True))
    change = np.zeros((64, 96, 3), np.float32)
    change[16:48, 32:64] = 12, 12, 12
    write_video(tmp_path / "out.mkv", [replace(frame, change=change) for frame in before], info, codec="ffv1")
    after = list(read_frames(tmp_path / "out.mkv", coded=True))
    assert probe(tmp_path / "out.mkv").colour == info.colour
    for one, other in zip(before, after, strict=True):
        for a, b in zip(samples(one.coded), samples(other.coded), strict=True):  # type: ignore[arg-type]
            edge = len(a) // 4 - 2
            assert np.array_equal(a[:edge], b[:edge])
            assert np.array_equal(a[-edge:], b[-edge:])
        shown = other.image.astype(int) - one.image
        assert shown[20:44, 36:60].mean() == pytest.approx(12, abs=0.7)


def test_a_frame_in_pq_is_seen_as_it_would_be_shown(tmp_path: Path) -> None:
    source = make(tmp_path / "in.mkv", "ffv1", PQ)
    frame = next(read_frames(source, coded=True))
    luma = samples(frame.coded)[0].astype(float)  # type: ignore[arg-type]
    expected = 255 * displayed((luma - 64) / 876, PQ).mean()
    assert frame.image.mean() == pytest.approx(expected, rel=0.05)
    flat = next(read_frames(make(tmp_path / "sdr.mkv", "ffv1", 1)))
    assert frame.image.mean() > flat.image.mean()
