"""Any metric of one clip, over many: update, compute, reset."""

from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import fmean
from typing import Any

from steadyface.errors import InputError


@dataclass
class OverClips:
    """The mean of a clip's figure over clips, each counting once however long it is, as in the paper's tables.

    ``OverClips(lambda clip, inputs: mean_lpips(clip, inputs, lpips))`` takes a pair of clips in each `update`. A figure
    that is None or not a number (a face that doesn't move has no amplitude to compare) is left out.
    """

    metric: Callable[..., float | None]
    values: list[float] = field(default_factory=list)
    """What was measured since the last `reset`, a clip each."""

    def update(self, *clips: Any, **more: Any) -> float | None:
        """Measure one clip; returns its own figure."""
        value = self.metric(*clips, **more)
        if value is not None and value == value:
            self.values.append(float(value))
        return value

    def compute(self) -> float:
        """Return the mean. Raises `InputError` when nothing was measured."""
        if not self.values:
            raise InputError("no clip has been measured yet: there is no mean")
        return fmean(self.values)

    def reset(self) -> None:
        """Forget all clips."""
        self.values.clear()
