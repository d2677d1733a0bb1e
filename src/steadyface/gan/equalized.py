"""The dense layer with an equalised learning rate (Karras et al., "Progressive Growing of GANs", 2018, section 4.1)."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

SLOPE = 0.2
GAIN = 2**0.5
"""Gain of the leaky ReLU, which keeps the mean square of the activations."""


def equalized_linear(x: Tensor, weight: Tensor, bias: Tensor, rate_factor: float = 1.0) -> Tensor:
    """(..., inputs) -> (..., outputs): the weight (outputs, inputs) is scaled when it is used.

    Weight and bias are stored at 1 / ``rate_factor`` times their scale, so that Adam's steps are relatively smaller.
    """
    return F.linear(x, weight * (rate_factor / weight.shape[1] ** 0.5), bias * rate_factor)


def activated(x: Tensor) -> Tensor:
    """Leaky ReLU with StyleGAN's slope and gain."""
    return F.leaky_relu(x, SLOPE) * GAIN


class EqualizedLinear(nn.Module):
    """`equalized_linear` as a layer, with the leaky ReLU behind it if it is ``active``."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        *,
        rate_factor: float = 1.0,
        bias: float = 0.0,
        active: bool = False,
        start: Tensor | None = None,
    ) -> None:
        """``start`` (outputs, inputs) is the initial weight, before division by ``rate_factor``; None draws it."""
        super().__init__()
        weight = torch.randn(outputs, inputs) if start is None else start
        self.weight = nn.Parameter(weight / rate_factor)
        self.bias = nn.Parameter(torch.full((outputs,), bias))
        self.rate_factor, self.active = rate_factor, active

    def forward(self, x: Tensor) -> Tensor:
        """(..., inputs) -> (..., outputs)."""
        x = equalized_linear(x, self.weight, self.bias, self.rate_factor)
        return activated(x) if self.active else x
