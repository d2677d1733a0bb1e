"""Flows to an anchor without jitter. Ours."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

import torch
from torch import Tensor

from steadyface.clip.frames import Frames
from steadyface.consistency.flows import Flows, PairFlow, both_ways
from steadyface.consistency.pairs import Pair
from steadyface.flow.guided import composed
from steadyface.flow.occlusion import visibility
from steadyface.flow.warp import warp
from steadyface.temporal.averaging import Neighbours


@dataclass(frozen=True)
class StepByStep:
    """The flow between frames of a clip by way of all frames between them: a search for each frame, and no more."""

    flow: PairFlow
    inputs: Frames

    def __call__(self, pairs: Sequence[Pair], a: Tensor, b: Tensor, /) -> Flows:
        """As `PairFlow`."""
        there, back = zip(*(self._between(first, second) for first, second in pairs), strict=True)
        return both_ways(torch.cat(there), torch.cat(back))

    def _between(self, first: int, second: int) -> tuple[Tensor, Tensor]:
        """There and back."""
        step = 1 if second > first else -1
        pairs = [(frame, frame + step) for frame in range(first, second, step)]
        flows = [self.flow([pair], self.inputs(pair[:1]), self.inputs(pair[1:])) for pair in pairs]
        there = reduce(composed, (each.ab for each in flows))
        return there, reduce(composed, (each.ba for each in reversed(flows)))


@dataclass(frozen=True)
class SteadyFlow:
    """Each frame's flow to an anchor has errors of its own, and a rim that is warped along it would tremble.

    So it is averaged with those of its neighbours, each by way of the flow between the two frames, which is short and
    good. Averaged pictures would do the same, but soften what they show.
    """

    to_anchor: PairFlow
    to_neighbours: PairFlow
    inputs: Frames
    neighbours: Neighbours
    sharpness: float
    """Sharpness of the visibility with which a neighbour counts."""

    def __call__(self, index: int, anchor: int) -> Flows:
        """The flow of a frame to an anchor, on the frame's grid, and back."""
        total, weights, inverse, inverse_weights = torch.zeros(4).unbind()
        for frame, weight in self.neighbours(index).items():
            long = self._between(self.to_anchor, frame, anchor)
            if frame == index:
                there, seen = long.ab, torch.ones_like(long.error_ab)
                back, back_seen = long.ba, seen
            else:
                short = self._between(self.to_neighbours, index, frame)
                there, seen = composed(short.ab, long.ab), visibility(short.error_ab, self.sharpness)
                back = composed(long.ba, short.ba)
                back_seen = warp(visibility(short.error_ba, self.sharpness), long.ba)
            total, weights = total + weight * seen * there, weights + weight * seen
            inverse, inverse_weights = inverse + weight * back_seen * back, inverse_weights + weight * back_seen
        return both_ways(total / weights, inverse / inverse_weights)

    def _between(self, flow: PairFlow, a: int, b: int) -> Flows:
        if a == b:
            still = torch.zeros_like(self.inputs([a])[:, :2])
            return both_ways(still, still)
        return flow([(a, b)], self.inputs([a]), self.inputs([b]))
