"""Flows to an anchor without jitter. Ours."""

from dataclasses import dataclass

import torch

from steadyface.clip.frames import Frames
from steadyface.consistency.flows import Flows, PairFlow, both_ways
from steadyface.flow.guided import composed
from steadyface.flow.occlusion import visibility
from steadyface.flow.warp import warp
from steadyface.temporal.averaging import Neighbours


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
