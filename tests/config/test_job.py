"""What is asked for, and what is refused before anything is fetched or begun."""

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from steadyface.config.job import Job, check, check_look, check_request, preset_of, sizes_of
from steadyface.editing.catalogue import Request
from steadyface.errors import InputError
from steadyface.gan.models import LARGER, SIZES, SMALL

JOB = Job(Path("talk.mp4"), (Request("smile"),))


@pytest.mark.parametrize(("model", "size"), list(zip(LARGER, SIZES[1:], strict=True)))
def test_a_larger_model_is_the_small_one_at_its_size(model: str, size: int) -> None:
    large = replace(JOB, model=model)
    assert (large.model, large.size) == (SMALL, size)
    assert replace(large, edits=(Request("age"),)) == replace(JOB, edits=(Request("age"),), size=size)


@pytest.mark.parametrize(
    ("changes", "sizes"),
    [
        ({}, SIZES),
        ({"size": 512}, (512,)),
        ({"edits": (Request("sketch"),)}, ()),
        ({"preset": "paper"}, ()),
        ({"preset": "fast", "model": LARGER[-1]}, (1024,)),
    ],
)
def test_at_which_sizes_a_face_may_be_drawn(changes: Mapping[str, Any], sizes: tuple[int, ...]) -> None:
    job = replace(JOB, **changes)
    assert sizes_of(job, preset_of(job)) == sizes


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"size": 300}, "--size 300: choose one of 256, 512, 1024, or auto"),
        ({"size": 512, "edits": (Request("sketch"),)}, "the style sketch is for pictures of 256 px; leave --size out"),
        ({"size": 1024, "preset": "paper"}, "the preset paper works at 256 px; leave --size out"),
        ({"codec": "divx"}, "codec divx: not one of h264"),
    ],
)
def test_what_cannot_be_drawn_or_written_is_refused_in_a_line(changes: Mapping[str, Any], line: str) -> None:
    with pytest.raises(InputError, match=line):
        check_request(replace(JOB, **changes))


def test_a_layer_of_a_high_dynamic_range_is_refused(tmp_path: Path) -> None:
    source = tmp_path / "hdr.mkv"
    with av.open(str(source), "w") as file:
        stream = file.add_stream("ffv1", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p10le"
        stream.codec_context.color_trc, stream.codec_context.color_primaries = 16, 9
        frame = av.VideoFrame(64, 48, "yuv420p10le")
        frame.pts = 0
        file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    job = replace(JOB, source=source)
    check_look(job, tmp_path / "out")
    with pytest.raises(InputError, match=r"--layer: .* high dynamic range"):
        check_look(replace(job, layer=True), tmp_path / "out")


def sounding(path: Path, *, frames: int = 12) -> Path:
    """A video with sound that mp4 can't hold."""
    with av.open(str(path), "w") as file:
        pictures, sound = file.add_stream("mpeg4", rate=25), file.add_stream("pcm_s16le", rate=8000)
        pictures.width, pictures.height, pictures.pix_fmt = 64, 48, "yuv420p"
        for index in range(frames):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), 6 * index, np.uint8))
            file.mux(pictures.encode(frame))
        block = av.AudioFrame.from_ndarray(np.zeros((1, 320 * frames), np.int16), "s16", "mono")
        block.sample_rate = 8000
        file.mux(sound.encode(block))
        file.mux([*pictures.encode(None), *sound.encode(None)])
    return path


def test_the_check_says_what_is_done_with_the_sound_unless_it_is_left_out(tmp_path: Path) -> None:
    job = replace(JOB, source=sounding(tmp_path / "talk.avi"))
    assert check(job, tmp_path / "out") == ("the sound (pcm_s16le) is encoded as AAC, since mp4 can't hold it",)
    assert check(replace(job, sound=False), tmp_path / "out") == ()


def test_damaged_pictures_are_refused_by_the_check(tmp_path: Path) -> None:
    whole = sounding(tmp_path / "talk.avi", frames=40)
    with av.open(str(whole)) as file:
        places = [(packet.pos, packet.size) for packet in file.demux(file.streams.video[0]) if packet.size]
    data, (place, size) = bytearray(whole.read_bytes()), places[20]
    data[place + 8 : place + size] = bytes(byte ^ 0x55 for byte in data[place + 8 : place + size])
    whole.write_bytes(data)
    with pytest.raises(InputError, match="damaged at frame"):
        check(replace(JOB, source=whole), tmp_path / "out")
    assert check(replace(JOB, source=whole, frames=(0, 10), sound=False), tmp_path / "out") == ()


@pytest.mark.parametrize("rate", [Fraction(0), Fraction(-1), Fraction(2000)])
def test_a_rate_out_of_range_is_refused(rate: Fraction) -> None:
    with pytest.raises(InputError, match="give frames a second"):
        check_request(replace(JOB, rate=rate))
