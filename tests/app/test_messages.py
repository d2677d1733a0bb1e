"""Errors as the page words them."""

import pytest

from steadyface.app.messages import one_line
from steadyface.errors import FaceError, InputError, ResourceError


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (InputError("/tmp/gradio/ab12/talk.mp4: not a readable video"), "talk.mp4: not a readable video"),
        (FaceError("there is a cut at frame 4: --frames 0:4 or --frames 4:"),
         "there is a cut at frame 4: frames 0 to 3 or frames from 4 on"),
        (ResourceError("can't write /srv/runs/a_b-1: the disk\nis full"), "can't write a_b-1: the disk is full"),
        (InputError("24/25 of it"), "24/25 of it"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory"),
         "not enough memory; close other programs or take fewer frames"),
    ],
)  # fmt: skip
def test_lines(error, line):
    assert one_line(error) == line
