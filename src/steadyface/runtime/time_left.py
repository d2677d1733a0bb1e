"""How much time a run still takes, from what its parts are said to cost and how long they took here so far.

Importing it doesn't import torch.
"""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from steadyface.runtime.optimise import Progress

LEAST_SEEN = 0.02
"""The fraction of a run that must have been observed before the time left is estimated."""


@dataclass(frozen=True)
class Part:
    """One loop of a stage, or a whole stage that has none."""

    loop: str
    """The loop's name in the reports of its steps; any other name if it doesn't report."""
    steps: int
    """As expected; the loop's own reports replace it."""
    each: float
    """What a step costs. Only the ratio to the other parts counts, the unit doesn't."""

    @property
    def cost(self) -> float:
        """What all its steps cost."""
        return self.steps * self.each


Plan = Mapping[str, tuple[Part, ...]]
"""The stages that a run will make, in order, with their parts. Stages that are loaded are left out."""

Expect = Callable[[Plan], None]
"""Told of the plan before the first stage, and again when more is known."""


class TimeLeft:
    """Follows a run; its methods `expect`, `announce` and `watch` are the callbacks of a run.

    Parts to come take what they cost times the seconds per cost of this run so far. The part that is running turns,
    the further it gets, to its own pace: on another machine the costs may have other ratios. What is drawn may ask from
    another thread than the run's.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.RLock()
        self._parts: list[tuple[str, Part]] = []
        self._at, self._step = 0, 0
        self._first = 0  # steps of the part that an earlier attempt did
        self._skipped = 0.0  # what such steps cost
        self._begun = self._part_begun = self._last = clock()
        self._loose = 0, 0  # steps of a loop that isn't in the plan

    def expect(self, plan: Plan) -> None:
        """What the run will do. A plan without the part that is running is that of another run."""
        with self._lock:
            parts = [(stage, part) for stage, parts in plan.items() for part in parts]
            here = [(stage, part.loop) for stage, part in self._parts[self._at : self._at + 1]]
            places = [place for place, (stage, part) in enumerate(parts) if (stage, part.loop) in here]
            self._parts = parts
            if places:
                self._at = places[0]
            else:
                self._restart(0)
                self._begun, self._skipped = self._last, 0.0

    def announce(self, stage: str) -> None:
        """A stage begins: all before it is done."""
        with self._lock:
            self._loose = 0, 0
            places = [place for place, (name, _) in enumerate(self._parts) if name == stage]
            if places:
                self._restart(places[0])

    def watch(self, seen: "Progress") -> None:
        """A step is done."""
        with self._lock:
            places = [place for place, (_, part) in enumerate(self._parts) if part.loop == seen.stage]
            if not places:
                self._loose = seen.step, seen.steps
                return
            if places[0] != self._at:
                self._restart(places[0], self._last)
            stage, part = self._parts[self._at]
            self._parts[self._at] = stage, replace(part, steps=seen.steps)
            if not self._step and seen.step > 1:  # an earlier attempt did the steps before this one
                self._first = seen.step - 1
                self._skipped += part.each * self._first
            self._step, self._last = seen.step, self._clock()

    def steps(self) -> tuple[int, int]:
        """Steps of the stage that is running: done, and in all. The latter is 0 if the stage reports none."""
        with self._lock:
            stage = self._parts[self._at][0] if self._parts else ""
            of_stage = [(place, part.steps) for place, (name, part) in enumerate(self._parts) if name == stage]
            done = sum(steps for place, steps in of_stage if place < self._at) + self._step
            return self._loose if self._loose[1] or not done else (done, sum(steps for _, steps in of_stage))

    def done(self) -> float:
        """The fraction of the run that is done, 0 to 1."""
        with self._lock:
            whole = sum(part.cost for _, part in self._parts)
            return min(1.0, self._cost_done() / whole) if whole else 0.0

    def seconds_left(self) -> float | None:
        """The time left; None while it is too early to estimate."""
        with self._lock:
            whole, seen = sum(part.cost for _, part in self._parts), self._cost_done() - self._skipped
            if not whole or seen < LEAST_SEEN * whole:
                return None
            pace = (self._last - self._begun) / seen
            part, later = self._parts[self._at][1], sum(part.cost for _, part in self._parts[self._at + 1 :])
            here, made = pace, self._step - self._first
            if made and part.cost:
                own = (self._last - self._part_begun) / (made * part.each)
                here += made / part.steps * (own - pace)
            left = max(0, part.steps - self._step) * part.each * here - (self._clock() - self._last)
            return max(0.0, left) + later * pace

    def _cost_done(self) -> float:
        before = sum(part.cost for _, part in self._parts[: self._at])
        return before + (self._step * self._parts[self._at][1].each if self._parts else 0.0)

    def _restart(self, place: int, at: float | None = None) -> None:
        """A part begins, now or where the one before ended."""
        self._at, self._step, self._first = place, 0, 0
        self._part_begun = self._last = self._clock() if at is None else at
