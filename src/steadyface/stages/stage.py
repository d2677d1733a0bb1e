"""What a stage is: a declaration. Its key, and so what can be reused from an earlier run, is derived from it.

Importing it doesn't import torch: the functions that make artefacts are given by name, and imported when needed.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from steadyface.config.job import Job
from steadyface.config.settings import Preset
from steadyface.runtime.files import digest
from steadyface.runtime.time_left import Part
from steadyface.stages import costs

KeptAs = Literal["track", "aligned", "synthesis", "factors", "compositor", "network", "full size"]
"""How an artefact is kept in the run folder (`stages.kept`)."""


@dataclass(frozen=True)
class Stage:
    """One step of a run."""

    name: str
    title: str
    """What the user is shown while it runs; empty for a stage that takes hardly any time."""
    make: str
    """``module.function`` below `steadyface.stages`: (context, settings, *inputs) -> the artefact."""
    inputs: tuple[str, ...]
    """The stages whose artefacts it is given, in that order."""
    settings: Callable[[Job, Preset], Any]
    """Returns a frozen dataclass of everything that the artefact depends on besides the inputs; ``make`` is given
    nothing else. It returns None if the stage doesn't apply: its first input is then passed on."""
    kept: KeptAs | None
    """None for an artefact that is computed only when used, or that is saved in files of its own."""
    cost: Callable[[Any, int], tuple[Part, ...]] = costs.none
    """(settings, frames) -> its loops, their steps and prices, for the time left (`stages.costs`)."""
    version: int = 1
    """Incremented when ``make`` gives another result for the same inputs and settings."""


def stage_keys(stages: Sequence[Stage], job: Job, preset: Preset) -> dict[str, str]:
    """The key of every stage's artefact: equal keys mean equal artefacts."""
    keys: dict[str, str] = {}
    for stage in stages:
        inputs = [keys[name] for name in stage.inputs]
        settings = stage.settings(job, preset)
        own = settings is not None
        keys[stage.name] = digest(stage.name, stage.version, settings, inputs) if own else inputs[0]
    return keys


def with_ancestors(stages: Sequence[Stage], name: str) -> tuple[str, ...]:
    """The names of a stage and of all stages that it depends on, directly or not, in order."""
    wanted = {name}
    for stage in reversed(stages):
        if stage.name in wanted:
            wanted.update(stage.inputs)
    return tuple(stage.name for stage in stages if stage.name in wanted)
