"""The first stage on a real clip: what it leaves in the folder, and when it is made anew."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch

from steadyface.clip.aligned import Aligned
from steadyface.config.job import FrameRange, Job
from steadyface.config.presets import PRESETS
from steadyface.errors import InputError
from steadyface.faces.mask import PersonMask
from steadyface.faces.topology import CHIN, LEFT_EYE_SIX, MOUTH_CORNERS, RIGHT_EYE_SIX, interocular
from steadyface.faces.track import find_tracks
from steadyface.gan.base import Generator
from steadyface.runs.run import Run
from steadyface.stages.context import StageContext
from steadyface.stages.person import person_around, person_over
from steadyface.stages.runner import run_stages
from steadyface.stages.stage_list import STAGES
from steadyface.stitching.extension import widened
from steadyface.video.reader import read_frames

SIDE = 256


@pytest.fixture
def align(tiny_generator: Generator) -> Callable[..., Aligned]:
    """Runs the first stages into a run folder."""

    def made(run: Run, clip: Path, frames: FrameRange, landmarks: Path | None = None) -> Aligned:
        generator: Any = tiny_generator
        context, job = StageContext(run, generator, None), Job(clip, (), frames=frames, landmarks=landmarks)  # type: ignore[arg-type]
        return run_stages(STAGES[:3], context, job, PRESETS["default"])["person"]

    return made


def pictures(run: Run, name: str = "input") -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in sorted(run.path("aligned", name).iterdir())}


def test_crops_are_upright_faces_and_match_their_quads(align, grid_clip, tmp_path):
    run = Run.open(tmp_path)
    aligned = align(run, grid_clip, (5, 8))
    assert len(aligned) == 3
    assert aligned.quads.shape == (3, 4, 2)
    assert aligned.landmarks.shape == (3, 468, 2)
    assert aligned.inputs([0, 2]).shape == (2, 3, SIDE, SIDE)
    # FFHQ's alignment has the eyes about a quarter of the side apart, in its middle
    assert interocular(aligned.landmarks) == pytest.approx(SIDE / 4, rel=0.15)
    assert aligned.landmarks.mean((0, 1)) == pytest.approx([SIDE / 2, SIDE * 0.57], abs=SIDE * 0.08)
    assert aligned.person.shape == (SIDE, SIDE)
    assert aligned.person[SIDE // 2, SIDE // 2] > 0.95
    assert aligned.person[8, 8] < 0.3
    frame = next(read_frames(grid_clip, 5, 6)).image
    centre = aligned.quads[0].mean(0)
    patch = cv2.getRectSubPix(frame, (7, 7), tuple(float(c) for c in centre)).mean((0, 1))
    middle = aligned.inputs.image(0)[SIDE // 2 - 1 : SIDE // 2 + 1, SIDE // 2 - 1 : SIDE // 2 + 1].mean((0, 1))
    assert middle == pytest.approx(patch, abs=12)


def test_fewer_frames_leave_no_old_pictures(align, grid_clip, tmp_path):
    run = Run.open(tmp_path)
    align(run, grid_clip, (0, 4))
    assert len(pictures(run)) == 4
    align(run, grid_clip, (0, 2))
    assert list(pictures(run)) == ["00000.png", "00001.png"]


def test_the_same_key_makes_nothing_anew(align, grid_clip, tmp_path):
    first = align(Run.open(tmp_path), grid_clip, (0, 2))
    before = pictures(Run.open(tmp_path))
    again = align(Run.open(tmp_path, announce=lambda name: pytest.fail(name)), grid_clip, (0, 2))
    assert pictures(Run.open(tmp_path)) == before
    assert np.array_equal(first.quads, again.quads)
    assert np.array_equal(first.landmarks, again.landmarks)
    assert torch.equal(first.inputs([0, 1]), again.inputs([0, 1]))


def test_missing_pictures_are_cut_out_again(align, grid_clip, tmp_path):
    run = Run.open(tmp_path)
    whole = align(run, grid_clip, (0, 2)).inputs([0, 1])
    run.path("aligned", "input", "00001.png").unlink()
    assert torch.equal(align(run, grid_clip, (0, 2)).inputs([0, 1]), whole)


def test_a_crash_between_two_clips_is_not_taken_for_the_first(align, grid_clip, tmp_path, monkeypatch):
    run = Run.open(tmp_path)
    whole = align(run, grid_clip, (0, 2)).inputs([0, 1])

    def crash(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Run, "write_json", lambda self, path, content: crash() if path.name == "crops.json" else None)
        with pytest.raises(KeyboardInterrupt):
            align(Run.open(tmp_path), grid_clip, (30, 32))
    assert torch.equal(align(Run.open(tmp_path), grid_clip, (0, 2)).inputs([0, 1]), whole)


def test_a_range_behind_the_end(align, grid_clip, tmp_path):
    with pytest.raises(InputError, match="the video has 75 frames"):
        align(Run.open(tmp_path), grid_clip, (80, None))


def test_an_outline_has_the_chin_and_leaves_the_corners(align, grid_clip, tmp_path):
    aligned = align(Run.open(tmp_path), grid_clip, (5, 8))
    outline = aligned.outline([0, 2])
    assert outline.shape == (SIDE, SIDE)
    chin = aligned.landmarks[0, CHIN].round().astype(int)
    assert outline[chin[1] - 16, chin[0]] > 0.9
    assert outline[-8:, :24].max() < 0.05
    assert outline[SIDE // 2, 8] < 0.05


def test_what_is_farther_out_than_rims_is_not_the_eyeglasses(align, grid_clip, tmp_path):
    aligned = align(Run.open(tmp_path), grid_clip, (5, 8))
    beyond, side = aligned.ears([0, 2]), aligned.landmarks[[0, 2]]
    left, right = side[:, :, 0].min(), side[:, :, 0].max()
    row = int(side[:, 168, 1].mean())  # the bridge of the nose
    assert beyond[row, int((left + right) / 2)] == 0
    assert beyond[row, int(left + 0.02 * SIDE) : int(right - 0.02 * SIDE)].max() < 0.2
    assert beyond[row, : int(left - 0.1 * SIDE)].min() > 0.95
    assert beyond[:8].min() > 0.95


def test_another_program_s_landmarks_align_it(align, grid_clip, tmp_path):
    own = align(Run.open(tmp_path / "own"), grid_clip, (5, 8))
    track = find_tracks(frame.image for frame in read_frames(grid_clip, 5, 8))[0]
    points = np.zeros((3, 68, 2))
    corners_and_eyes = [*RIGHT_EYE_SIX, *LEFT_EYE_SIX, *MOUTH_CORNERS]
    points[:, [*range(36, 48), 48, 54]] = track.landmarks[:, corners_and_eyes] + np.array([3.0, -2.0])
    np.save(tmp_path / "given.npy", points)
    run = Run.open(tmp_path / "given")
    given = align(run, grid_clip, (5, 8), tmp_path / "given.npy")
    np.testing.assert_allclose(given.quads, own.quads + np.array([3.0, -2.0]), atol=1e-4)


def test_the_person_is_seen_around_the_crop_too(align, grid_clip, tmp_path):
    aligned = align(Run.open(tmp_path), grid_clip, (5, 8))
    wide = widened(aligned.quads, SIDE, 2 * SIDE)
    person = np.stack(list(person_around(grid_clip, (5, 8), aligned.segments, wide, SIDE)))
    assert (person.shape, person.dtype) == ((3, SIDE, SIDE), np.uint8)
    assert person[:, SIDE // 2, SIDE // 2].min() > 240
    assert person[:, SIDE * 7 // 8, SIDE // 2].min() > 200  # his chest, below the crop
    assert person[:, SIDE // 4, 2].max() < 60


def test_the_person_of_a_clip_is_the_largest_of_its_frames(align, grid_clip, tmp_path, monkeypatch):
    found = [np.zeros((64, 64), np.float32) for _ in range(3)]
    for index, mask in enumerate(found):
        mask[20 * index : 20 * index + 4] = 1
    crops = align(Run.open(tmp_path), grid_clip, (0, 3)).inputs
    asked = iter([*found, np.max(found, axis=0)])
    monkeypatch.setattr(PersonMask, "find", lambda self, image: next(asked))
    np.testing.assert_array_equal(person_over(crops, 3), person_over(crops, 1))
