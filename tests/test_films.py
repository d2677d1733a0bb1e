"""Whole films, the real generator on a few frames: cuts, frames without the face, two people, strength over time."""

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from steadyface.config.curve import Curve
from steadyface.config.job import Job
from steadyface.editing.catalogue import Request
from steadyface.errors import FaceError, InputError
from steadyface.inversion.settings import Keyframes
from steadyface.metrics import background, native
from steadyface.metrics.evaluate import find_parts
from steadyface.pipeline import edit_video, run_job
from steadyface.runs import manifest
from steadyface.runs.run import Run
from steadyface.video.info import probe
from steadyface.video.reader import Frame, read_frames
from steadyface.video.writer import write_video

from .test_pipeline import TINY as OTHER

TINY = replace(OTHER, name="fast", refinement=replace(OTHER.refinement, keyframes=Keyframes(least=2, most=2)))

Film = Callable[[list[np.ndarray]], Path]


@pytest.fixture
def film(tmp_path: Path, grid_clip: Path) -> Film:
    """Write pictures as a film of 25 frames a second."""

    def write(pictures: list[np.ndarray]) -> Path:
        frames = (Frame(n, n, Fraction(1, 25), picture, 1) for n, picture in enumerate(pictures))
        write_video(tmp_path / "film.mkv", frames, replace(probe(grid_clip), has_audio=False), codec="ffv1")
        return tmp_path / "film.mkv"

    return write


@pytest.fixture
def faces(grid_clip: Path) -> list[np.ndarray]:
    return [frame.image for frame in read_frames(grid_clip, 0, 12)]


def pictures(path: Path) -> list[np.ndarray]:
    return [frame.image.astype(int) for frame in read_frames(path)]


def test_frames_without_the_face_stay_and_strength_follows_its_curve(
    film: Film, faces: list[np.ndarray], tmp_path: Path
) -> None:
    shots = [*faces[:6], *(np.full_like(faces[0], (20, 140, 60)) for _ in range(6)), *faces[6:]]
    source, out = film(shots), tmp_path / "out"
    job = Job(source, (Request("age"),), codec="ffv1")
    result = run_job(job, Run.open(out), preset=TINY)
    assert result.frames == 18
    assert "the face is in 12 of 18 frames (2 shots, 2 parts); the others stay as they are" in result.notes
    inputs, empty = pictures(source), range(6, 12)
    for number, (before, after) in enumerate(zip(inputs, pictures(out / "edited.mkv"), strict=True)):
        assert (np.abs(after - before).max(2) > 12).any() == (number not in empty)
        assert np.array_equal(after, before) == (number in empty)
    assert len(find_parts(out)["edited"]) == 12
    around = background.of_run(out, manifest.read(out))
    assert around is not None
    assert around.psnr > 40
    assert native.of_run(out, manifest.read(out), _still, "cpu", hair=False) is not None

    announced = []
    rising = replace(job, curve=Curve((0.04, 0.2), (0.0, 1.0)), preview=0.08)
    run_job(rising, Run.open(out, announce=announced.append), preset=TINY)
    assert announced == ["render", "preview"]
    moved = [np.abs(b - a).mean() for a, b in zip(inputs, pictures(out / "edited.mkv"), strict=True)]
    assert moved[0] == moved[1] == 0
    assert moved[2] < moved[3] < moved[4] < moved[5]
    assert not any(moved[6:12])
    sample = pictures(out / "preview.mp4")
    assert len(sample) == 2
    assert np.abs(sample[0] - pictures(out / "edited.mp4")[2]).mean() < 2


def _still(a, b):
    return 0 * a[:, :2]


def test_two_people_have_an_edit_each(film: Film, faces: list[np.ndarray], tmp_path: Path) -> None:
    source = film([np.concatenate([face[:, 80:280], face[:, 80:280]], axis=1) for face in faces[:6]])
    out = tmp_path / "out"
    result = edit_video(source, ["1:eyeglasses", "2:beard"], out, preset=TINY, codec="ffv1")
    assert (result.edited, result.frames) == (out / "edited.mp4", 6)
    assert manifest.read(out)["people"] == {"1": "person-1", "2": "person-2"}
    alone = [pictures(out / f"person-{n}" / "edited.mkv") for n in (1, 2)]
    inputs, together = pictures(source), pictures(out / "edited.mkv")
    for own in alone:
        touched = np.abs(own[0] - inputs[0]).max((0, 2)) > 12
        assert touched[:200].any() != touched[200:].any()
    for before, first, second, both in zip(inputs, *alone, together, strict=True):
        apart = (np.abs(first - before).max(2) == 0) | (np.abs(second - before).max(2) == 0)
        summed = before + (first - before) + (second - before)
        assert np.abs(summed - both)[apart].max() <= 3
    with pytest.raises(InputError, match="person-1"):
        find_parts(out)


def test_the_people_are_checked_first(film: Film, faces: list[np.ndarray], tmp_path: Path) -> None:
    source = film(faces[:6])
    with pytest.raises(InputError, match="some edits name a person"):
        edit_video(source, ["1:age", "smile"], tmp_path / "out")
    with pytest.raises(InputError, match="unknown edit"):
        edit_video(source, ["1:age", "2:grin"], tmp_path / "out")
    with pytest.raises(InputError, match="--face"):
        edit_video(source, ["1:age", "2:smile"], tmp_path / "out", face=1)
    with pytest.raises(FaceError, match="no face 3: 1 face was found"):
        edit_video(source, ["3:age"], tmp_path / "out", preset=TINY)
