"""The note in a written file, read back with PyAV."""

from pathlib import Path

import av
import pytest

from steadyface import __version__
from steadyface.editing.catalogue import Request
from steadyface.provenance.note import tags_of
from steadyface.video.info import probe
from steadyface.video.reader import read_frames
from steadyface.video.writer import write_video


@pytest.mark.parametrize(
    ("edits", "preset", "said"),
    [
        (["eyeglasses"], "default", "edits: eyeglasses 1; preset: default"),
        (["age:-0.6", "smile"], "fast", "edits: age -0.6, smile 1; preset: fast"),
    ],
)
def test_a_file_says_tool_version_edits_and_preset(grid_clip: Path, tmp_path: Path, edits, preset, said) -> None:
    tags = tags_of([Request.parse(edit) for edit in edits], preset)
    write_video(tmp_path / "edited.mp4", read_frames(grid_clip, 0, 2), probe(grid_clip), metadata=tags)
    with av.open(str(tmp_path / "edited.mp4")) as container:
        assert container.metadata["comment"] == f"edited with AI by steadyface {__version__}; {said}"
