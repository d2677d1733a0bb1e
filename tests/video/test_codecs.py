"""Which format an encoder is given, and that each codec writes a file that is read again."""

from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest

from steadyface.errors import InputError
from steadyface.video.codecs import CODECS, PLAYED, codec_for, codec_named
from steadyface.video.info import probe
from steadyface.video.reader import read_frames
from steadyface.video.writer import write_video


@pytest.mark.parametrize(
    ("codec", "source", "expected"),
    [
        ("h264", "yuv420p10le", "yuv420p"),
        ("h264", "yuv444p", "yuv420p"),
        ("hevc", "yuv420p10le", "yuv420p10le"),
        ("hevc", "yuva444p12le", "yuv444p12le"),
        ("prores", "yuv420p", "yuv422p10le"),
        ("prores", "gbrap16le", "yuva444p10le"),
        ("prores", "yuva444p10le", "yuva444p10le"),
        ("ffv1", "yuv422p12le", "yuv422p12le"),
        ("ffv1", "gbrap16le", "gbrap16le"),
        ("ffv1", "gbrp", "gbrp10le"),
    ],
)
def test_the_format_holds_bits_then_alpha_then_chroma(codec: str, source: str, expected: str) -> None:
    assert CODECS[codec].format_for(source) == expected


def test_odd_sides_need_whole_chroma() -> None:
    assert CODECS["ffv1"].format_for("yuv420p", odd=True) == "yuv444p"
    assert CODECS["ffv1"].format_for("yuv420p10le", odd=True) == "yuv444p10le"


def test_players_get_what_they_know() -> None:
    assert [codec_for(name).name for name in ("yuv420p", "yuvj420p", "rgb24", "yuv420p10le", "p010le")] == [
        *("h264", "h264", "h264", "hevc", "hevc")
    ]
    assert set(PLAYED) < set(CODECS)
    with pytest.raises(InputError, match=r"codec dv: not one of h264"):
        codec_named("dv")


@pytest.mark.parametrize("codec", sorted(CODECS))
def test_every_codec_keeps_pictures_times_tags_and_sound(codec: str, grid_clip: Path, tmp_path: Path) -> None:
    target, info = tmp_path / f"out{CODECS[codec].suffix}", probe(grid_clip)
    before = list(read_frames(grid_clip, 0, 6, coded=True))
    write_video(target, before, info, codec=codec, audio_from=grid_clip, cut_sound=True)
    after, made = list(read_frames(target)), probe(target)
    assert [frame.pts * frame.time_base for frame in after] == pytest.approx([k / 25 for k in range(6)], abs=1e-3)
    assert made.has_audio
    assert (made.width, made.height, made.colour.matrix) == (info.width, info.height, info.colour.matrix)
    errors = [np.abs(a.image.astype(int) - b.image).mean() for a, b in zip(before, after, strict=True)]
    assert max(errors) < 2.5
    if codec == "ffv1":
        assert max(errors) == 0


def test_alpha_is_kept_by_codecs_that_have_it(tmp_path: Path) -> None:
    source = tmp_path / "in.mov"
    alpha = np.tile(np.linspace(0, 255, 64).astype(np.uint8), (48, 1))
    with av.open(str(source), "w") as file:
        stream = file.add_stream("prores_ks", rate=25, options={"profile": "4"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuva444p10le"
        for index in range(3):
            picture = np.dstack([np.full((48, 64, 3), 90 + index, np.uint8), alpha])
            frame = av.VideoFrame.from_ndarray(picture, format="rgba")
            frame.pts = index
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    frames = [replace(frame, change=np.full((48, 64, 3), 20, np.float32)) for frame in read_frames(source, coded=True)]
    write_video(tmp_path / "out.mov", frames, probe(source), codec="prores")
    again = read_frames(tmp_path / "out.mov", coded=True)
    found = [np.frombuffer(memoryview(frame.coded.planes[3]), np.uint16) for frame in again if frame.coded]
    expected = np.frombuffer(memoryview(frames[0].coded.planes[3]), np.uint16)
    assert all(np.array_equal(each, expected) for each in found)
    assert expected.max() > 1000
