"""How far a run has come: its stages in plain words, steps, and an estimate of the time left."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from steadyface.optimise import Progress


@dataclass(frozen=True)
class Stage:
    """A stage of the pipeline."""

    title: str
    share: float
    """Of a whole run's time: as in two runs of `default` with 25 frames; other lengths and presets differ."""


STAGES = {
    "align": Stage("following the face", 0.01),
    "person": Stage("finding the person", 0.005),
    "refine": Stage("fitting the generator's codes", 0.225),
    "tune": Stage("teaching the generator this face", 0.17),
    "adapt": Stage("teaching it the edit", 0.175),
    "calibrate": Stage("setting the strength", 0.015),
    "hold": Stage("holding the mouth", 0.02),
    "phase1": Stage("steadying the codes", 0.07),
    "phase2": Stage("steadying the generator", 0.25),
    "beyond": Stage("looking beyond the crop", 0.0),
    "stitch": Stage("smoothing the seam", 0.02),
    "mouth": Stage("holding the mouth again", 0.02),
    "render": Stage("writing the videos", 0.02),
}
"""In their order, by the names that `pipeline.run_job` announces; a run leaves out those that are done already, or that
its preset or edits have no use for."""

LEAST_SEEN = 0.02
"""The part of a run that must have been watched before the time left is guessed."""


class Meter:
    """Hears of a run's stages and steps."""

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
        if first and seen.step > 1:  # an earlier attempt did the steps before: they took none of this one's time
            self._begun = self._clock(), self.done()

    def done(self) -> float:
        """The part of the run that is done, 0 to 1."""
        names = list(STAGES)
        if self.stage not in STAGES:
            return 0.0
        before = sum(STAGES[name].share for name in names[: names.index(self.stage)])
        return before + STAGES[self.stage].share * (self.step / self.steps if self.steps else 0.0)

    def seconds_left(self) -> float | None:
        """From the pace so far; None while it is too early to say."""
        if self._begun is None:
            return None
        at, already = self._begun
        seen = self.done() - already
        return (self._clock() - at) * (1 - self.done()) / seen if seen >= LEAST_SEEN else None

    def line(self) -> str:
        """Stage, step and time left in words."""
        if self.stage not in STAGES:
            return self.stage or "starting"
        number = list(STAGES).index(self.stage) + 1
        parts = [f"stage {number} of {len(STAGES)}, {STAGES[self.stage].title}"]
        if self.steps:
            parts.append(f"step {self.step} of {self.steps}")
        left = self.seconds_left()
        return ", ".join(parts) + (f"; {in_words(left)} left" if left is not None else "")


def in_words(seconds: float) -> str:
    """A time as one would say it."""
    if seconds < 55:
        return f"about {max(5, 5 * round(seconds / 5))} s"
    minutes = round(seconds / 60)
    return f"about {minutes} min" if minutes < 90 else f"about {minutes / 60:.1f} h"
