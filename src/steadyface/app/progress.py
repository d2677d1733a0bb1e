"""The progress of a run: its stages in plain words, steps, and an estimate of the time left."""

import time
from collections.abc import Callable

from steadyface.runtime.optimise import Progress
from steadyface.stages.stage_list import STAGES

SHOWN = {stage.name: stage for stage in STAGES if stage.title}
"""The stages that take time, in order. A run skips those that are done already or that its preset and edits don't
need."""

LEAST_SEEN = 0.02
"""The fraction of a run that must have been observed before the time left is estimated."""


class RunProgress:
    """Follows a run's stages and steps; its methods are the callbacks of a run."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._begun: tuple[float, float] | None = None
        self.stage = ""
        self.step = 0
        self.steps = 0

    def announce(self, stage: str) -> None:
        """A stage begins."""
        self.stage, self.step, self.steps = stage, 0, 0
        if self._begun is None:
            self._begun = self._clock(), self.done()

    def watch(self, seen: Progress) -> None:
        """A step is done."""
        first = not self.step
        self.step, self.steps = seen.step, seen.steps
        if first and seen.step > 1:  # an earlier attempt did the steps before this one
            self._begun = self._clock(), self.done()

    def done(self) -> float:
        """The fraction of the run that is done, 0 to 1."""
        names = list(SHOWN)
        if self.stage not in SHOWN:
            return 0.0
        before = sum(SHOWN[name].share for name in names[: names.index(self.stage)])
        return before + SHOWN[self.stage].share * (self.step / self.steps if self.steps else 0.0)

    def seconds_left(self) -> float | None:
        """The time left, estimated from the pace so far; None while it is too early to estimate."""
        if self._begun is None:
            return None
        at, already = self._begun
        seen = self.done() - already
        return (self._clock() - at) * (1 - self.done()) / seen if seen >= LEAST_SEEN else None

    def line(self) -> str:
        """Stage, step and time left in words."""
        if self.stage not in SHOWN:
            return self.stage or "starting"
        number = list(SHOWN).index(self.stage) + 1
        parts = [f"stage {number} of {len(SHOWN)}, {SHOWN[self.stage].title}"]
        if self.steps:
            parts.append(f"step {self.step} of {self.steps}")
        left = self.seconds_left()
        return ", ".join(parts) + (f"; {in_words(left)} left" if left is not None else "")


def in_words(seconds: float) -> str:
    """A duration in rounded words."""
    if seconds < 55:
        return f"about {max(5, 5 * round(seconds / 5))} s"
    minutes = round(seconds / 60)
    return f"about {minutes} min" if minutes < 90 else f"about {minutes / 60:.1f} h"
