"""An edit whose strength changes over time: pictures of a few strengths, and blends of the two that are nearest."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from steadyface.clip.frames import Frames, cached

LEVELS = 4
"""Strengths at which faces are drawn. Between two of them a blend of both is hardly wider than the finer one."""


@dataclass(frozen=True)
class Graded:
    """Packed layers (len, 4, R, R) by rows, each of the share of the edit's strength that its row has."""

    at: Callable[[int], Frames]
    """Layers of all rows, of the share level / `LEVELS`."""
    shares: NDArray[np.float64]
    """(T,) in [0, 1]."""

    @classmethod
    def of(cls, layers: Callable[[float], Frames], shares: NDArray[np.float64]) -> "Graded":
        """``layers`` makes those of a share, each level once."""

        @lru_cache(LEVELS)
        def at(level: int) -> Frames:
            found = layers(level / LEVELS)
            return cached(lambda row: found([row])[0], 1)

        return cls(at, shares)

    def __call__(self, rows: Sequence[int]) -> Tensor:
        """Blend the layers of the level below and of that above; without any edit, a layer is 0."""
        return torch.cat([self._made(row) for row in rows])

    def _made(self, row: int) -> Tensor:
        place = float(self.shares[row]) * LEVELS
        low = min(int(place), LEVELS - 1)
        upper = self.at(low + 1)([row])
        lower = self.at(low)([row]) if low else torch.zeros_like(upper)
        return torch.lerp(lower, upper, place - low)
