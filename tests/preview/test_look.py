"""A look at one frame, with the tiny generator and with the real one."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from steadyface.config.job import Job
from steadyface.editing.card import EditCard
from steadyface.editing.catalogue import Request
from steadyface.editing.edit import Edit
from steadyface.errors import FaceError, InputError
from steadyface.faces.track import find_tracks
from steadyface.gan.base import Generator
from steadyface.preview import look
from steadyface.preview.settings import FURTHEST, Sketching
from steadyface.video.info import probe
from steadyface.video.reader import read_frames
from steadyface.video.writer import write_video

FEW = Sketching(steps=2)


@pytest.fixture
def job(grid_clip: Path, tiny_generator: Generator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Job:
    """An edit of the tiny generator's codes, with that generator in place of the real one."""
    monkeypatch.setattr(look, "load_generator", lambda name: tiny_generator)
    edit = Edit(EditCard("brighter", "brighter", ""), {side: torch.full((16,), 0.5) for side in (32, 64)})
    edit.save(tmp_path / "brighter.safetensors")
    return Job(grid_clip, (Request(str(tmp_path / "brighter.safetensors")),))


def test_it_is_the_middle_frame_of_the_range(job: Job) -> None:
    seen = look.look(replace(job, frames=(10, 21)), FEW)
    assert seen.index == 15
    np.testing.assert_array_equal(seen.before, next(read_frames(job.source, 15, 16)).image)
    assert seen.after.shape == seen.before.shape


@pytest.mark.parametrize(
    ("frames", "index"),
    [((0, None), 37), ((70, None), 72), ((0, 1), 0), ((3, 5), 3), ((0, 5000), FURTHEST), ((80, None), 80)],
)
def test_the_middle(grid_clip: Path, frames: tuple[int, int | None], index: int) -> None:
    assert look.middle_of(grid_clip, frames) == index


def test_a_range_behind_the_end(job: Job) -> None:
    with pytest.raises(InputError, match="the video has 75 frames"):
        look.look(replace(job, frames=(80, None)))


def test_a_face_that_is_not_there(job: Job, tmp_path: Path) -> None:
    with pytest.raises(FaceError, match="there is no face 2: 1 face was found"):
        look.look(replace(job, face=2))
    grey = (replace(frame, image=np.full_like(frame.image, 100)) for frame in read_frames(job.source, 0, 4))
    write_video(tmp_path / "grey.mp4", grey, probe(job.source))
    with pytest.raises(FaceError, match=r"no face found in frame 1: .*--frames A:B"):
        look.look(replace(job, source=tmp_path / "grey.mp4"))


def test_the_picture_is_both_side_by_side(grid_clip: Path, tmp_path: Path) -> None:
    """With the real generator: the glasses are around the eyes and nowhere else."""
    path, index = look.write_look(Job(grid_clip, (Request("eyeglasses"),)), tmp_path / "new")
    assert (path, index) == (tmp_path / "new" / "look.png", 37)
    assert [each.name for each in path.parent.iterdir()] == ["look.png"]
    picture = cv2.imread(str(path))[..., ::-1]
    before, after = picture[:, :360], picture[:, 360:]
    np.testing.assert_array_equal(before, next(read_frames(grid_clip, 37, 38)).image)
    changed = np.abs(after.astype(int) - before).mean(2)
    assert changed[-18:, -60:].max() > 100  # the word in the corner
    changed[-18:, -60:] = 0
    points = find_tracks([before])[0].landmarks[0]
    (left, top), (right, bottom) = points.min(0).astype(int), points.max(0).astype(int)
    assert changed[top : (top + bottom) // 2, left:right].mean() > 3
    assert changed[bottom - (bottom - top) // 5 : bottom, left:right].max() == 0
    assert changed[: top // 2].max() == 0


def test_it_uses_one_thread_and_gives_the_others_back() -> None:
    before = torch.get_num_threads()
    with look.one_thread():
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == before
