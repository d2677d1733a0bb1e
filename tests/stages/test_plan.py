"""The plan: stages that apply and aren't loaded, and what is computed inside others."""

from dataclasses import replace
from pathlib import Path

import pytest

from steadyface.config.job import Job, preset_of
from steadyface.config.phases import OURS
from steadyface.config.settings import Preset
from steadyface.editing.catalogue import Request
from steadyface.stages.plan import plan
from steadyface.stages.stage_list import INVERSION, STAGES


@pytest.fixture
def job(tmp_path: Path) -> Job:
    source = tmp_path / "clip.mp4"
    source.write_bytes(b"a clip")
    return Job(source, (Request("eyeglasses"),))


@pytest.fixture
def preset(job: Job) -> Preset:
    """One with both phases."""
    return replace(preset_of(job), stabilisation=OURS)


def whole(planned: object) -> float:
    assert isinstance(planned, dict)
    return sum(part.cost for parts in planned.values() for part in parts)


def test_every_stage_that_takes_time_is_planned_in_order(job, preset):
    planned = plan(STAGES, job, preset, 25)
    titled = [stage.name for stage in STAGES if stage.title and stage.settings(job, preset) is not None]
    assert [name for name in planned if name != "crop"] == titled
    loops = [part.loop for parts in planned.values() for part in parts]
    assert len(set(loops)) == len(loops)
    assert "" not in loops


def test_what_is_loaded_counts_nothing(job, preset):
    planned = plan(STAGES, job, preset, 25, loaded=INVERSION)
    assert not set(INVERSION) & planned.keys()
    assert whole(planned) < whole(plan(STAGES, job, preset, 25))


def test_the_target_is_paid_by_the_first_stage_that_takes_it(job, preset):
    def each(stage: str, *loaded: str) -> float:
        return plan(STAGES, job, preset, 25, loaded=loaded)[stage][0].each

    assert each("phase1") > each("phase1", "target")
    assert each("phase2") == each("phase2", "target")
    assert each("phase2", "phase1") > each("phase2")
