"""What the stages of a run share."""

from dataclasses import dataclass

import torch

from steadyface.critics.lpips import Lpips
from steadyface.gan.base import Generator
from steadyface.runs.run import Run, StageCheckpoint
from steadyface.runtime.optimise import Watcher


@dataclass(frozen=True)
class StageContext:
    """What every stage is given. The artefact itself is determined by the stage's settings and inputs."""

    run: Run
    generator: Generator
    """The pretrained generator, before any tuning."""
    lpips: Lpips
    watch: Watcher | None = None
    key: str = ""
    """Key of the stage that is running."""
    checkpoint: StageCheckpoint | None = None
    """Where the running stage saves its state."""

    @property
    def device(self) -> torch.device:
        """Where tensors live."""
        return self.generator.w_mean.device
