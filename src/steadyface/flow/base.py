"""The interface of all estimators of optical flow."""

from typing import Protocol

from torch import Tensor


class FlowEstimator(Protocol):
    """Dense correspondence from image a to image b.

    `flow = estimator(a, b)` is (x, y) in pixels on a's grid, such that a(p) is seen at b(p + flow(p)):
    `warp(b, flow)` looks like a wherever a's content is visible in b.
    """

    def __call__(self, a: Tensor, b: Tensor, /) -> Tensor:
        """Flow (N, 2, H, W) in pixels from a to b, both (N, 3, H, W) in [-1, 1]."""
        ...
