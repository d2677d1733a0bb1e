"""Where the flow of a pair comes from: the current images, as in the paper, or the input frames."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from steadyface.clip.frames import Frames, shrink
from steadyface.consistency.pairs import Pair
from steadyface.flow.base import FlowEstimator
from steadyface.flow.guided import guided_flow, landmark_flows, smooth_guided_flows
from steadyface.flow.occlusion import consistency_error

CACHED_PAIRS = 256


@dataclass(frozen=True)
class Flows:
    """Motion of P pairs (a, b) of images with sides S."""

    ab: Tensor
    """(P, 2, S, S) in pixels, on a's grid, to b."""
    ba: Tensor
    """(P, 2, S, S) in pixels, on b's grid, to a."""
    error_ab: Tensor
    """(P, 1, S, S): forward-backward error in pixels, on a's grid."""
    error_ba: Tensor
    """(P, 1, S, S): the same on b's grid."""


class PairFlow(Protocol):
    """Gives the flows of pairs of frames."""

    def __call__(self, pairs: Sequence[Pair], a: Tensor, b: Tensor, /) -> Flows:
        """Flows of pairs of frame numbers, whose current images are a and b: (P, 3, S, S) in [-1, 1]."""
        ...


def both_ways(ab: Tensor, ba: Tensor) -> Flows:
    """Add the consistency errors (section 3.2) to two opposite flows (P, 2, S, S)."""
    return Flows(ab, ba, consistency_error(ab, ba), consistency_error(ba, ab))


class CurrentFlow:
    """The paper's flow, estimated on the current images. It is differentiable if the estimator is."""

    def __init__(self, estimator: FlowEstimator) -> None:
        self.estimator = estimator

    def __call__(self, pairs: Sequence[Pair], a: Tensor, b: Tensor, /) -> Flows:
        """As `PairFlow`."""
        ab, ba = self.estimator(torch.cat([a, b]), torch.cat([b, a])).chunk(2)
        return both_ways(ab, ba)


class InputFlow:
    """Flow estimated on the input frames, whose correspondences are real. It is cached: no network runs in the loop.

    ``landmarks`` (T, L, 2), in pixels of the inputs, guide it where a head moves far (`flow.guided`), and then it can
    be made smooth (`smooth_guided_flows`). ``capacity`` bounds the number of cached pairs. Each takes half a megabyte
    at 256 pixels, in float16.
    """

    def __init__(
        self,
        estimator: FlowEstimator,
        inputs: Frames,
        landmarks: NDArray[np.floating] | None = None,
        capacity: int = CACHED_PAIRS,
        smoothness: float = 0.0,
    ) -> None:
        self.estimator = estimator
        self.inputs = inputs
        self.landmarks = landmarks
        self.smoothness = smoothness
        self._kept = lru_cache(capacity)(self._estimate)

    def __call__(self, pairs: Sequence[Pair], a: Tensor, b: Tensor, /) -> Flows:
        """As `PairFlow`. Only the size of the images is used, and the flows carry no gradient."""
        kept = [self._kept(min(pair), max(pair), a.shape[-1]) for pair in pairs]
        ordered = [flow if i < j else flow.flip(0) for flow, (i, j) in zip(kept, pairs, strict=True)]
        flows = torch.stack(ordered).float()  # (P, 2 directions, 2, S, S)
        return both_ways(flows[:, 0], flows[:, 1])

    @torch.no_grad()
    def _estimate(self, first: int, second: int, size: int) -> Tensor:
        whole = self.inputs([first, second])
        images = shrink(whole, size)
        if self.landmarks is None:
            return self.estimator(images, images.flip(0)).half()
        scale = images.shape[-1] / whole.shape[-1]
        points = (self.landmarks[[first, second]] + 0.5) * scale - 0.5
        start = landmark_flows(points, points[::-1], images.shape[-1], images.device)
        if self.smoothness:
            return smooth_guided_flows(self.estimator, images, start, self.smoothness).half()
        return guided_flow(self.estimator, images, images.flip(0), start).half()


def pair_flow(
    kind: Literal["current", "input"],
    estimator: FlowEstimator,
    inputs: Frames,
    landmarks: NDArray[np.floating] | None = None,
) -> PairFlow:
    """Make the kind of flow that a preset's `Consistency.flow` names; that of the input can be guided by landmarks."""
    return CurrentFlow(estimator) if kind == "current" else InputFlow(estimator, inputs, landmarks)
