"""What stages cost follows from their settings, and their loops are called what they are called while they run."""

from dataclasses import replace
from pathlib import Path

import pytest

from steadyface.clip.synthesis import PROBES
from steadyface.config.job import Job, preset_of
from steadyface.config.phases import OURS
from steadyface.editing.catalogue import Request
from steadyface.runtime.time_left import Part
from steadyface.stages import costs
from steadyface.stages.plan import plan
from steadyface.stages.stage_list import STAGES


@pytest.fixture
def job(tmp_path: Path) -> Job:
    source = tmp_path / "clip.mp4"
    source.write_bytes(b"a clip")
    return Job(source, (Request("eyeglasses"), Request("smile")))


def parts_of(job: Job, frames: int, preset: str = "default") -> dict[str, Part]:
    """By loop."""
    named = Job(job.source, job.edits, preset)
    constants = preset_of(named)
    if preset == "default":  # with both phases, which edits of codes leave out
        constants = replace(constants, stabilisation=OURS)
    planned = plan(STAGES, named, constants, frames)
    return {part.loop: part for parts in planned.values() for part in parts}


def test_steps_are_those_of_the_loops(job):
    for preset in ("default", "fast", "paper"):
        constants = preset_of(Job(job.source, job.edits, preset))
        parts = parts_of(job, 75, preset)
        refinement, tuning = constants.refinement, constants.tuning
        assert refinement.keyframes is not None
        keyframes = refinement.keyframes.most
        assert parts["refine codes"].steps == refinement.common_steps + keyframes * refinement.steps_per_frame
        assert parts["tune the generator"].steps == max(tuning.least_steps, round(tuning.epochs * keyframes))
    assert parts_of(job, 75)["phase 2"].steps == parts_of(job, 3000)["phase 2"].steps == 30
    assert parts_of(job, 5)["phase 2"].steps == 8
    assert parts_of(job, 75, "paper")["phase 2"].steps == 370
    assert parts_of(job, 5, "paper")["phase 2"].steps == 20
    assert parts_of(job, 1)["phase 2"].steps == 0


def test_a_step_costs_what_its_settings_ask_for(job):
    ours, papers = parts_of(job, 25), parts_of(job, 25, "paper")
    assert papers["phase 1"].each > papers["phase 2"].each / 2  # a flow is searched in every step
    assert ours["write edited.mp4"].each > papers["write edited.mp4"].each  # averages


def test_more_frames_cost_more_wherever_there_are_loops_over_them(job):
    few, many = parts_of(job, 25), parts_of(job, 250)
    assert few.keys() == many.keys()
    fixed = {name for name in few if many[name].cost == few[name].cost}
    learnt = {"refine codes", "tune the generator", "adapt it to the edit", "hold the lips", "phase 1", "phase 2"}
    learnt.add("learn the details")
    assert fixed == {"calibrate", "compose", "write untuned/plain", "write untuned/edited"} | learnt


def test_the_number_of_probes_is_that_of_the_clip():
    assert costs.PROBES == PROBES
