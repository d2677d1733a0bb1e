"""Runs the stages: each artefact is made, or loaded if the run folder has it under the same key."""

from collections.abc import Sequence
from dataclasses import replace
from importlib import import_module
from typing import Any

from steadyface.config.job import Job
from steadyface.config.settings import Preset
from steadyface.runs.run import StageCheckpoint, Tensors
from steadyface.runtime.time_left import Expect
from steadyface.stages.align import FollowedFace
from steadyface.stages.context import StageContext
from steadyface.stages.kept import KEPT
from steadyface.stages.plan import plan
from steadyface.stages.stage import Stage, stage_keys
from steadyface.video.info import frames_between, probe


def run_stages(
    stages: Sequence[Stage], context: StageContext, job: Job, preset: Preset, expect: Expect | None = None
) -> dict[str, Any]:
    """Make or load the artefact of every stage, in order; returns them by the stages' names.

    An artefact may be None, if there is nothing to do; then those that are made from it and kept are None, too.
    ``expect`` is told of the stages to make and their costs, first for as many frames as the file is said to have.
    """
    keys, made = stage_keys(stages, job, preset), dict[str, Any]()
    loaded = [stage.name for stage in stages if stage.kept and context.run.has(stage.name, keys[stage.name])]

    def planned(frames: int) -> None:
        if expect is not None:
            expect(plan(stages, job, preset, frames, loaded))

    count = frames_between(probe(job.source, job.rate), *job.frames)
    planned(count)
    for stage in stages:
        inputs = [made[name] for name in stage.inputs]
        settings = stage.settings(job, preset)
        here = replace(context, key=keys[stage.name])
        if stage.kept and any(each is None for each in inputs):
            made[stage.name] = None
        else:
            made[stage.name] = inputs[0] if settings is None else run_stage(stage, here, settings, inputs)
        if isinstance(made[stage.name], FollowedFace):  # only now their number is certain
            count = len(made[stage.name].quads)
            planned(count)
        elif made[stage.name] is None:
            loaded += [other.name for other in stages if stage.name in other.inputs and other.kept]
            planned(count)
    return made


def run_stage(stage: Stage, context: StageContext, settings: Any, inputs: Sequence[Any]) -> Any:
    """Make or load the artefact of one stage."""
    module, _, name = stage.make.partition(".")
    make = getattr(import_module(f"steadyface.stages.{module}"), name)
    if stage.kept is None:
        return make(context, settings, *inputs)
    kept = KEPT[stage.kept]

    def work(part: StageCheckpoint) -> Tensors:
        return kept.pack(make(replace(context, checkpoint=part), settings, *inputs), context, *inputs)

    tensors = context.run.stage(stage.name, context.key, work)
    return kept.unpack(tensors, context, settings, *inputs)
