"""What the stages of a run share."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass

import torch

from steadyface.critics.lpips import Lpips
from steadyface.gan.base import Generator
from steadyface.job import Job
from steadyface.optimise import Watcher
from steadyface.run import Run, StageCheckpoint
from steadyface.settings import Preset


@dataclass(frozen=True)
class Tools:
    """What the stages share."""

    run: Run
    job: Job
    preset: Preset
    generator: Generator
    lpips: Lpips
    watch: Watcher | None

    def tuned(self, name: str, key: str, before: Generator, tune: Callable[[StageCheckpoint], Generator]) -> Generator:
        """A stage whose artefact is a tuned generator: its arrays that differ from the generator before it."""
        state = before.state_dict()
        changed = self.run.stage(
            name,
            key,
            lambda part: {k: v for k, v in tune(part).state_dict().items() if not torch.equal(v, state[k])},
        )
        tuned = deepcopy(before)
        tuned.load_state_dict({**state, **changed})
        return tuned
