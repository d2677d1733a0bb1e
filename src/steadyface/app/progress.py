"""The progress of a run: its stages in plain words, steps, and an estimate of the time left."""

import time
from collections.abc import Callable

from steadyface.runtime.time_left import Plan, TimeLeft
from steadyface.stages.stage_list import STAGES

TITLES = {stage.name: stage.title for stage in STAGES if stage.title}
"""Of the stages that take time."""


class RunProgress(TimeLeft):
    """Follows a run's stages and steps; its methods are the callbacks of a run."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(clock)
        self.stage = ""
        self._stages: list[str] = []

    def expect(self, plan: Plan) -> None:
        """What the run will do."""
        super().expect(plan)
        self._stages = [stage for stage in plan if stage in TITLES]

    def announce(self, stage: str) -> None:
        """A stage begins."""
        super().announce(stage)
        self.stage = stage

    def line(self) -> str:
        """Stage, step and time left in words."""
        if self.stage not in TITLES:
            return self.stage or "starting"
        parts = [TITLES[self.stage]]
        if self.stage in self._stages:
            parts.insert(0, f"stage {self._stages.index(self.stage) + 1} of {len(self._stages)}")
        step, steps = self.steps()
        if steps:
            parts.append(f"step {step} of {steps}")
        left = self.seconds_left()
        return ", ".join(parts) + (f"; {in_words(left)} left" if left is not None else "")


def in_words(seconds: float) -> str:
    """A duration in rounded words."""
    if seconds < 55:
        return f"about {max(5, 5 * round(seconds / 5))} s"
    minutes = round(seconds / 60)
    return f"about {minutes} min" if minutes < 90 else f"about {minutes / 60:.1f} h"
