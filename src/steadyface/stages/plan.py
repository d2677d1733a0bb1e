"""What a run will do: the stages that it makes, with what each costs. Importing it doesn't import torch."""

from collections.abc import Container, Sequence
from dataclasses import replace

from steadyface.config.job import Job
from steadyface.config.settings import Preset
from steadyface.runtime.time_left import Part, Plan
from steadyface.stages.stage import Stage


def plan(stages: Sequence[Stage], job: Job, preset: Preset, frames: int, loaded: Container[str] = ()) -> Plan:
    """The stages that apply and aren't ``loaded``, with their parts for that many frames.

    A part without a name is computed while the first stage runs that takes it, and is added to that stage's first part.
    """
    made: dict[str, tuple[Part, ...]] = {}
    carried: dict[str, float] = {}
    for stage in stages:
        settings = stage.settings(job, preset)
        if settings is None or stage.name in loaded:
            continue
        parts = stage.cost(settings, frames)
        if parts and not parts[0].loop:
            carried[stage.name] = parts[0].cost
        elif parts:
            first, extra = parts[0], sum(carried.pop(name, 0.0) for name in stage.inputs)
            made[stage.name] = replace(first, each=first.each + extra / max(1, first.steps)), *parts[1:]
    return made
