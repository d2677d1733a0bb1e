"""Several people's changes in one video."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from steadyface.config.job import Job
from steadyface.editing.catalogue import Request
from steadyface.errors import InputError
from steadyface.runs import manifest
from steadyface.runs.run import Run
from steadyface.stages.combine import combine, laid_over
from steadyface.stages.output import Output, change_kept, kept_change
from steadyface.video.info import probe
from steadyface.video.reader import Frame, read_frames

LEFT, RIGHT = (slice(60, 120), slice(20, 80)), (slice(60, 120), slice(200, 260))


def test_a_change_is_kept_to_a_64th_of_a_level() -> None:
    change = np.random.default_rng(0).normal(0, 80, (4, 6, 3)).astype(np.float32)
    frame = Frame(0, 0, Fraction(1, 25), np.zeros((4, 6, 3), np.uint8), 1, None, change)
    assert np.abs(kept_change(change_kept(frame)) - change).max() <= 1 / 128
    still = replace(frame, change=np.zeros_like(change))
    assert not kept_change(change_kept(still)).any()


def test_who_is_in_front_hides_who_is_behind() -> None:
    behind, front = np.zeros((2, 1, 6, 3), np.float32)
    behind[:, :4], front[:, 2:] = 40, -20
    found = laid_over([behind, front], behind.shape)
    assert found[0, :, 0].tolist() == [40, 40, -20, -20, -20, -20]
    front[:, 2:] = 2  # a tint lets the other one through
    assert laid_over([behind, front], behind.shape)[0, 2, 0] == pytest.approx(2 + 0.75 * 40)
    assert not laid_over([], (1, 6, 3)).any()


@pytest.fixture
def people(tmp_path: Path, grid_clip: Path) -> dict[int, Path]:
    """Two finished runs, by hand: each has darkened a patch of its own."""
    folders = {}
    for number, (place, side) in enumerate(((LEFT, 50.0), (RIGHT, 90.0)), 1):
        folder = tmp_path / f"person-{number}"
        (folder / "state").mkdir(parents=True)
        change = np.zeros((288, 360, 3), np.float32)
        change[place] = -30
        with Output("auto", False, {}, changes=True).files(folder, probe(grid_clip), {}) as files:
            for frame in read_frames(grid_clip, 0, 3, coded=True):
                for file in files:
                    file.write(replace(frame, change=change))
        quad = side * np.array([[(0.0, 0.0), (0.0, 1.0), (1.0, 1.0), (1.0, 0.0)]] * 3)
        save_file({"quads": quad}, folder / "state" / "align.safetensors")
        run = Run.open(folder)
        manifest.finish(run, f"key of {number}", *(file.path for file in files))
        folders[number] = folder
    return folders


def test_everybodys_change_is_in_one_video(people: dict[int, Path], tmp_path: Path, grid_clip: Path) -> None:
    job = Job(grid_clip, (Request("age"),), frames=(0, 3), codec="ffv1")
    run = Run.open(tmp_path / "both")
    assert combine(run, {1: job, 2: replace(job, edits=(Request("smile"),))}, people) == 3
    written = list(read_frames(tmp_path / "both" / "edited.mkv"))
    for before, after in zip(read_frames(grid_clip, 0, 3), written, strict=True):
        darker = before.image.astype(int) - after.image
        for top, left in (LEFT, RIGHT):
            inside = np.s_[top.start + 4 : top.stop - 4, left.start + 4 : left.stop - 4]
            assert np.minimum(before.image[inside], 30).mean() == pytest.approx(darker[inside].mean(), abs=1)
        assert not darker[:50].any()
        assert not darker[:, 100:180].any()
    assert {path.name for path in (tmp_path / "both").glob("*.mp4")} == {"edited.mp4", "compare.mp4"}
    kept = manifest.read(tmp_path / "both")
    assert kept["people"] == {"1": "person-1", "2": "person-2"}
    assert probe(tmp_path / "both" / "compare.mp4").width == 720

    times = {path: path.stat().st_mtime_ns for path in (tmp_path / "both").glob("*.mp4")}
    assert combine(Run.open(tmp_path / "both"), {1: job, 2: job}, people) == 3
    assert {path: path.stat().st_mtime_ns for path in times} == times


def test_a_person_that_is_not_finished_is_an_error(people: dict[int, Path], tmp_path: Path, grid_clip: Path) -> None:
    (people[2] / "state" / "changes.mkv").write_bytes(b"cut short")
    with pytest.raises(InputError):
        combine(Run.open(tmp_path / "both"), {1: Job(grid_clip, (Request("age"),), frames=(0, 3))}, people)
