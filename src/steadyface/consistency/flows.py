"""Where the flow of a pair comes from: the current images, as in the paper, or the input frames."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, Protocol

import torch
from torch import Tensor
from torch.nn import functional as F

from steadyface.consistency.pairs import Pair
from steadyface.flow.base import FlowEstimator
from steadyface.flow.occlusion import consistency_error

Frames = Callable[[Sequence[int]], Tensor]
"""The aligned input frames by number: (len, 3, R, R) in [-1, 1]."""

CACHED_PAIRS = 256


@dataclass(frozen=True)
class Flows:
    """Motion of P pairs (a, b) of images with sides S."""

    ab: Tensor
    """(P, 2, S, S) in pixels, on a's grid, to b."""
    ba: Tensor
    """(P, 2, S, S) in pixels, on b's grid, to a."""
    error_ab: Tensor
    """(P, 1, S, S): how far there-and-back misses, in pixels, on a's grid."""
    error_ba: Tensor
    """(P, 1, S, S): the same on b's grid."""


class PairFlow(Protocol):
    """Gives the flows of pairs of frames."""

    def __call__(self, pairs: Sequence[Pair], a: Tensor, b: Tensor, /) -> Flows:
        """Flows between the current images a and b (P, 3, S, S) in [-1, 1] of the pairs of frame numbers."""
        ...


def kept(frame: Callable[[int], Tensor], capacity: int = CACHED_PAIRS) -> Frames:
    """Frames made one at a time, (C, S, S) each, without gradient; the last ``capacity`` used are kept, in float16."""

    @lru_cache(capacity)
    @torch.no_grad()
    def made(index: int) -> Tensor:
        return frame(index).half()

    return lambda frames: torch.stack([made(index) for index in frames]).float()


def shrink(images: Tensor, size: int) -> Tensor:
    """(N, 3, R, R) -> (N, 3, size, size), antialiased; images that are not larger stay as they are."""
    if images.shape[-1] <= size:
        return images
    return F.interpolate(images, size=(size, size), mode="bilinear", align_corners=False, antialias=True)


def both_ways(ab: Tensor, ba: Tensor) -> Flows:
    """Add the consistency errors (section 3.2) to two opposite flows (P, 2, S, S)."""
    return Flows(ab, ba, consistency_error(ab, ba), consistency_error(ba, ab))


class CurrentFlow:
    """The paper's: estimated on the images as they are now; differentiable if the estimator is."""

    def __init__(self, estimator: FlowEstimator) -> None:
        self.estimator = estimator

    def __call__(self, pairs: Sequence[Pair], a: Tensor, b: Tensor, /) -> Flows:
        """As `PairFlow`."""
        ab, ba = self.estimator(torch.cat([a, b]), torch.cat([b, a])).chunk(2)
        return both_ways(ab, ba)


class InputFlow:
    """Estimated on the input frames, where correspondence is true, and kept: no network runs in the loop.

    ``capacity`` bounds the pairs that are kept, in float16: half a megabyte each at 256 pixels.
    """

    def __init__(self, estimator: FlowEstimator, inputs: Frames, capacity: int = CACHED_PAIRS) -> None:
        self.estimator = estimator
        self.inputs = inputs
        self._kept = lru_cache(capacity)(self._estimate)

    def __call__(self, pairs: Sequence[Pair], a: Tensor, b: Tensor, /) -> Flows:
        """As `PairFlow`; of the images only the size matters, and the flows carry no gradient."""
        kept = [self._kept(min(pair), max(pair), a.shape[-1]) for pair in pairs]
        ordered = [flow if i < j else flow.flip(0) for flow, (i, j) in zip(kept, pairs, strict=True)]
        flows = torch.stack(ordered).float()  # (P, 2 directions, 2, S, S)
        return both_ways(flows[:, 0], flows[:, 1])

    @torch.no_grad()
    def _estimate(self, first: int, second: int, size: int) -> Tensor:
        images = shrink(self.inputs([first, second]), size)
        return self.estimator(images, images.flip(0)).half()


def pair_flow(kind: Literal["current", "input"], estimator: FlowEstimator, inputs: Frames) -> PairFlow:
    """Make the flow that `settings.Consistency.flow` names."""
    return CurrentFlow(estimator) if kind == "current" else InputFlow(estimator, inputs)
