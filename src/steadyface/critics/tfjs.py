"""Torch layers from TensorFlow.js arrays: (height, width, in, out) kernels and "same" padding."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional as F

Weights = Mapping[str, Tensor]


class PadEnd(nn.Module):
    """A row below and a column on the right: "same" padding of a 3x3 stride-2 layer on an even size."""

    def __init__(self, value: float = 0.0) -> None:
        super().__init__()
        self.value = value

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) to (N, C, H + 1, W + 1)."""
        return F.pad(x, (0, 1, 0, 1), value=self.value)


def conv(kernel: Tensor, bias: Tensor | None, stride: int = 1, padding: int = 0, groups: int = 1) -> nn.Conv2d:
    """A convolution with a tfjs kernel (h, w, in / groups, out) and bias (out,)."""
    height, width, inner, out = kernel.shape
    layer = nn.Conv2d(inner * groups, out, (height, width), stride, padding, groups=groups, bias=bias is not None)
    layer.weight = nn.Parameter(kernel.permute(3, 2, 0, 1).contiguous())
    if bias is not None:
        layer.bias = nn.Parameter(bias)
    return layer


def linear(matrix: Tensor, bias: Tensor | None = None) -> nn.Linear:
    """A fully connected layer with a tfjs matrix (in, out) and bias (out,)."""
    layer = nn.Linear(matrix.shape[0], matrix.shape[1], bias=bias is not None)
    layer.weight = nn.Parameter(matrix.T.contiguous())
    if bias is not None:
        layer.bias = nn.Parameter(bias)
    return layer


def same_conv(weights: Weights, name: str, stride: int = 1) -> nn.Sequential:
    """`name/filters` and `name/bias` as a convolution with "same" padding; stride 2 needs even sizes."""
    kernel = weights[f"{name}/filters"]
    padded, padding = _same(kernel.shape[0], stride)
    return nn.Sequential(*padded, conv(kernel, weights[f"{name}/bias"], stride, padding))


def separable_conv(weights: Weights, name: str, stride: int = 1) -> nn.Sequential:
    """Depthwise 3x3 ("same" padding), then pointwise 1x1 with the bias; stride 2 needs even sizes."""
    depthwise = weights[f"{name}/depthwise_filter"]  # (3, 3, C, 1)
    padded, padding = _same(depthwise.shape[0], stride)
    channels = depthwise.shape[2]
    return nn.Sequential(
        *padded,
        conv(depthwise.transpose(2, 3), None, stride, padding, groups=channels),
        conv(weights[f"{name}/pointwise_filter"], weights[f"{name}/bias"]),
    )


def _same(kernel: int, stride: int) -> tuple[list[nn.Module], int]:
    """For a convolution with a kernel of 1 or 3: the layers that go before it, and its padding."""
    if kernel == 3 and stride == 2:
        return [PadEnd()], 0
    return [], kernel // 2


def same_max_pool() -> nn.Sequential:
    """3x3 max-pooling of stride 2 with "same" padding, for even sizes."""
    return nn.Sequential(PadEnd(-torch.inf), nn.MaxPool2d(3, stride=2))
