"""An attempt, and the real pipeline as far as its first refusal."""

import pytest

from steadyface.cluster.worker import Outcome, Task, edit, perform, stage_of, worth_another_attempt
from steadyface.config.job import Job
from steadyface.editing.catalogue import Request
from steadyface.errors import FaceError, InputError, ResourceError, WeightsError
from steadyface.runtime.optimise import DivergedError


@pytest.fixture
def task(tmp_path):
    return Task("a", Job(tmp_path / "a.mp4", (Request("smile"),)), tmp_path / "a", None, 1)


@pytest.mark.parametrize(
    ("error", "again"),
    [
        (InputError("x"), False),
        (FaceError("x"), False),
        (DivergedError("x"), False),
        (WeightsError("x"), True),
        (ResourceError("x"), True),
        (MemoryError(), True),
        (RuntimeError("x"), True),
    ],
)
def test_what_is_worth_another_attempt(error, again):
    assert worth_another_attempt(error) is again


def test_the_stage_is_on_disk(task):
    seen = [stage_of(task)]

    def work(task, announce):
        for stage in ("align", "refine"):
            announce(stage)
            seen.append(stage_of(task))

    assert perform(task, work).reason == ""
    assert seen == ["", "align", "refine"]


def test_the_pipeline_refuses_in_one_line(task):
    outcome = perform(task, edit)
    assert outcome == Outcome(f"{task.job.source}: no such file; check the path", False, outcome.seconds)


def test_the_pipeline_runs_to_the_face_that_is_not_there(task, grid_clip):
    """The real work in a real folder, on a clip where the first stage ends it."""
    job = Job(grid_clip, (Request("smile"),), frames=(0, 2), face=3)
    outcome = perform(Task("a", job, task.out, None, 1), edit)
    assert "there is no face 3" in outcome.reason
    assert not outcome.again
    assert stage_of(task) == "align"
