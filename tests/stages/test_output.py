"""The files of a result, and the layer: laid over the input it is the result."""

from dataclasses import replace
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from av.video.reformatter import VideoReformatter

from steadyface.errors import InputError
from steadyface.stages.output import Output
from steadyface.stitching.paste import changed
from steadyface.video.colour import codes_of
from steadyface.video.info import probe
from steadyface.video.planes import Layout, samples
from steadyface.video.reader import Frame, read_frames
from steadyface.video.transfer import light_of


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


def light(path: Path, trc: int) -> np.ndarray:
    """Planes of an EXR, as FFmpeg reads it: red, green, blue, and alpha if it has one."""
    with av.open(str(path)) as container:
        frame = next(container.decode(video=0)).reformat(format="gbrapf32le")
    green, blue, red, alpha = (np.frombuffer(plane, np.float32).reshape(288, -1)[:, :360] for plane in frame.planes)
    return np.stack([red, green, blue, alpha], axis=-1)


def test_an_exr_layer_over_the_input_is_the_result_to_a_level(
    tmp_path: Path, frames: list[Frame], grid_clip: Path
) -> None:
    names = written(Output("exr", True, {}), tmp_path, frames, grid_clip)
    assert names == ["edited.mp4", "edited_exr", "layer_exr"]
    trc = probe(grid_clip).colour.trc
    for frame in frames:
        name = f"{frame.index:06d}.exr"
        edited, layer = (light(tmp_path / folder / name, trc) for folder in ("edited_exr", "layer_exr"))
        before = codes_of(frame.coded, probe(grid_clip).colour, VideoReformatter())
        laid = layer[..., :3] + (1 - layer[..., 3:]) * light_of(before, trc)
        assert not layer[:50].any()
        assert 0.1 < layer[70:110, 110:150, 3].mean() <= 1
        codes = np.linspace(0, 1, 4096)  # back to levels
        after, over = (255 * np.interp(each[..., :3], light_of(codes, trc), codes) for each in (edited, laid))
        error = np.abs(after - over)
        assert error.max() < 1
        assert np.abs(after - frame.image).mean() < 0.5


def test_png_pictures_keep_all_bits_and_have_the_frames_numbers(
    tmp_path: Path, frames: list[Frame], grid_clip: Path
) -> None:
    assert written(Output("png", False, {"title": "x"}), tmp_path, frames[1:], grid_clip) == [
        "edited.mp4",
        "edited_png",
    ]
    assert sorted(path.name for path in (tmp_path / "edited_png").iterdir()) == ["000001.png", "000002.png"]
    for frame in frames[1:]:
        found = cv2.imread(str(tmp_path / "edited_png" / f"{frame.index:06d}.png"), cv2.IMREAD_UNCHANGED)
        assert found.dtype == np.uint8
        assert np.abs(found[..., ::-1].astype(int) - frame.image).max() <= 1


def test_after_an_error_no_file_is_left(tmp_path: Path, frames: list[Frame], grid_clip: Path) -> None:
    small = replace(frames[1], image=frames[1].image[:10])
    for codec in ("prores", "exr"):
        with pytest.raises(InputError, match="one size"):
            written(Output(codec, True, {}), tmp_path, [frames[0], small], grid_clip)
        assert list(tmp_path.iterdir()) == []


def test_files_of_an_earlier_result_do_not_stay(tmp_path: Path, frames: list[Frame], grid_clip: Path) -> None:
    written(Output("ffv1", True, {}), tmp_path, frames, grid_clip)
    written(Output("png", False, {}), tmp_path, frames, grid_clip)
    assert written(Output("auto", False, {}), tmp_path, frames, grid_clip) == ["edited.mp4"]
