"""A low-pass filter and the high-pass filter that belongs to it."""

from torch import Tensor
from torch.nn import functional as F

BLUR = 5
"""Side in pixels of the box that blurs colours before they are compared."""


def low_pass(x: Tensor) -> Tensor:
    """Mean over a box of `BLUR` pixels: (N, C, S, S), the same shape."""
    return F.avg_pool2d(x, BLUR, stride=1, padding=BLUR // 2, count_include_pad=False)


def high_pass(x: Tensor) -> Tensor:
    """What `low_pass` removes: (N, C, S, S), the same shape."""
    return x - low_pass(x)
