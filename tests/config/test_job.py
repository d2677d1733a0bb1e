"""What is asked for, and what is refused before anything is fetched or begun."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import pytest

from steadyface.config.job import Job, check_look, check_request, preset_of, sizes_of
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
