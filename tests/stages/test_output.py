"""The files of a result, and the layer: laid over the input it is the result."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from steadyface.errors import InputError
from steadyface.stages.output import Output, lost
from steadyface.stitching.paste import changed
from steadyface.video.info import probe
from steadyface.video.planes import Layout, samples
from steadyface.video.reader import Frame, read_frames


@pytest.fixture
def frames(grid_clip: Path) -> list[Frame]:
    """With a dark patch, a bright one, and a tint of one colour."""
    change = np.zeros((288, 360, 3), np.float32)
    change[60:120, 100:160], change[140:200, 100:160], change[60:120, 200:260] = -60, 45, (10, -8, 0)
    made = []
    for frame in read_frames(grid_clip, 0, 3, coded=True):
        seen = np.clip(frame.image + change, 0, 255) - frame.image
        made.append(replace(frame, image=changed(frame.image, seen), change=seen))
    return made


def written(how: Output, folder: Path, frames: list[Frame], grid_clip: Path) -> list[str]:
    with how.files(folder, probe(grid_clip), {}) as files:
        for frame in frames:
            for file in files:
                file.write(frame)
    return sorted(path.name for path in folder.iterdir())


def test_what_players_do_not_know_is_a_file_beside(tmp_path: Path, frames: list[Frame], grid_clip: Path) -> None:
    assert written(Output("ffv1", False, {}), tmp_path, frames, grid_clip) == ["edited.mkv", "edited.mp4"]
    for made, frame in zip(read_frames(tmp_path / "edited.mkv"), frames, strict=True):
        error = np.abs(made.image.astype(int) - frame.image)
        assert error[:50].max() == 0
        assert error[64:116, 104:156].mean() < 1
        assert error[64:116, 104:156].max() <= 8  # where chroma of clipped colours is shared by four pixels


def test_the_played_file_has_the_codec_that_was_asked_for(tmp_path: Path, frames: list[Frame], grid_clip: Path) -> None:
    assert written(Output("hevc", False, {}), tmp_path, frames, grid_clip) == ["edited.mp4"]
    assert probe(tmp_path / "edited.mp4").pixel_format == "yuv420p"


def test_the_layer_laid_over_the_input_is_the_result(tmp_path: Path, frames: list[Frame], grid_clip: Path) -> None:
    names = written(Output("auto", True, {}), tmp_path, frames, grid_clip)
    assert names == ["edited.mp4", "layer.mov", "matte.mov"]
    files = (grid_clip, tmp_path / "layer.mov", tmp_path / "matte.mov")
    inputs, layers, mattes = (list(read_frames(path, 0, 3, coded=True)) for path in files)
    for before, layer, matte, frame in zip(inputs, layers, mattes, frames, strict=True):
        assert layer.coded is not None
        alpha = samples(layer.coded)[3] / (2 ** Layout.known(layer.coded.format.name).bits - 1)
        laid = layer.image + (1 - alpha[..., None]) * before.image
        error = np.abs(laid - frame.image)
        assert error.mean() < 0.3
        assert np.quantile(error, 0.99) <= 1
        assert np.abs(matte.image[..., 0] / 255 - alpha).mean() < 0.01


def test_after_an_error_no_file_is_left(tmp_path: Path, frames: list[Frame], grid_clip: Path) -> None:
    small = replace(frames[1], image=frames[1].image[:10])
    with pytest.raises(InputError, match="one size"):
        written(Output("prores", True, {}), tmp_path, [frames[0], small], grid_clip)
    assert list(tmp_path.iterdir()) == []


def test_files_of_an_earlier_result_do_not_stay(tmp_path: Path, frames: list[Frame], grid_clip: Path) -> None:
    written(Output("ffv1", True, {}), tmp_path, frames, grid_clip)
    assert written(Output("auto", False, {}), tmp_path, frames, grid_clip) == ["edited.mp4"]


@pytest.mark.parametrize(
    ("codec", "source", "lines"),
    [
        ("auto", "yuv420p", []),
        ("auto", "yuv420p10le", []),
        ("auto", "nv12", []),
        ("h264", "yuv420p10le", ["edited.mp4 has 8 bits a sample, the input 10"]),
        ("auto", "yuv422p", ["edited.mp4 has colours at half the input's resolution"]),
        ("auto", "yuva444p12le", ["edited.mp4 has no alpha, the input does"]),
        ("ffv1", "yuva444p12le", []),
        ("prores", "yuva444p12le", ["edited.mov has 10 bits a sample, the input 12"]),
    ],
)
def test_what_a_result_cannot_hold_is_said(codec: str, source: str, lines: list[str]) -> None:
    found = lost(codec, source)
    assert len(found) == len(lines)
    assert all(one.startswith(other) for one, other in zip(found, lines, strict=True))
