"""The layers of MobileStyleGAN (Belousov 2021, https://arxiv.org/abs/2104.04767).

Demodulation is folded into the weights, as in the published files.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

LEAKY_SLOPE = 0.2


def inverse_haar(coefficients: Tensor) -> Tensor:
    """Inverse 2-D Haar transform: (N, 4 C, H, W) -> (N, C, 2 H, 2 W).

    The channels are four groups of C: averages, vertical, horizontal and diagonal details. Orthonormal: the energy is
    kept. Written for the channels-last layout, in which each step is one contiguous copy.
    """
    x = 0.5 * coefficients.permute(0, 2, 3, 1)  # (N, H, W, 4 C)
    average, vertical, horizontal, diagonal = x.chunk(4, dim=-1)
    upper, lower = average + vertical, average - vertical
    upper_detail, lower_detail = horizontal + diagonal, horizontal - diagonal
    rows = (
        torch.stack([upper + upper_detail, upper - upper_detail], dim=3).flatten(2, 3),
        torch.stack([lower + lower_detail, lower - lower_detail], dim=3).flatten(2, 3),
    )
    return torch.stack(rows, dim=2).flatten(1, 2).permute(0, 3, 1, 2)


def forward_haar(image: Tensor) -> Tensor:
    """The transform that `inverse_haar` undoes: (N, C, 2 H, 2 W) -> (N, 4 C, H, W)."""
    a, b = image[..., ::2, ::2], image[..., ::2, 1::2]
    c, d = image[..., 1::2, ::2], image[..., 1::2, 1::2]
    return 0.5 * torch.cat([a + b + c + d, a + b - c - d, a - b + c - d, a - b - c + d], dim=1)


class Affine(nn.Module):
    """Style of one layer, ``gain * (w A^T + b)``: (N, w_dim) -> (N, channels, 1, 1)."""

    def __init__(self, w_dim: int, channels: int, gain: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(channels, w_dim) / w_dim**0.5)
        self.bias = nn.Parameter(torch.ones(channels))
        self.gain = gain

    def forward(self, w: Tensor) -> Tensor:
        """Return the scale of each input channel."""
        return self.gain * F.linear(w, self.weight, self.bias)[:, :, None, None]


class StyledConv(nn.Module):
    """Modulated convolution, constant noise, bias, leaky ReLU.

    Dense 3x3 when ``separable`` is false (the first layer), otherwise depthwise 3x3 then pointwise 1x1.
    """

    def __init__(self, w_dim: int, inputs: int, outputs: int, resolution: int, *, separable: bool = True) -> None:
        super().__init__()
        self.affine = Affine(w_dim, inputs, gain=(9 * inputs) ** -0.5)
        self.depthwise = nn.Parameter(torch.randn(inputs, 1, 3, 3)) if separable else None
        side = 1 if separable else 3
        self.weight = nn.Parameter(torch.randn(outputs, inputs, side, side))
        self.noise = nn.Parameter(torch.zeros(1, 1, resolution, resolution))
        self.bias = nn.Parameter(torch.zeros(1, outputs, 1, 1))

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        """(N, inputs, H, W) and (N, w_dim) -> (N, outputs, H, W)."""
        style = self.affine(w)
        if self.depthwise is None:
            x = x * style
        elif len(x) == 1:
            # Each channel has its own kernel. Scaling the kernel saves passes over the features, forward and backward
            x = F.conv2d(x, self.depthwise * style.transpose(0, 1), padding=1, groups=x.shape[1])
        else:
            x = F.conv2d(x * style, self.depthwise, padding=1, groups=x.shape[1])
        x = F.conv2d(x, self.weight, self.bias.flatten(), padding=self.weight.shape[-1] // 2)
        return F.leaky_relu(x + self.noise, LEAKY_SLOPE)


class ToImage(nn.Module):
    """Modulated 1x1 convolution without activation: features -> colours (or their Haar coefficients)."""

    def __init__(self, w_dim: int, inputs: int, outputs: int) -> None:
        super().__init__()
        self.affine = Affine(w_dim, inputs, gain=inputs**-0.5)
        self.weight = nn.Parameter(torch.randn(outputs, inputs, 1, 1))
        self.bias = nn.Parameter(torch.zeros(1, outputs, 1, 1))

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        """(N, inputs, H, W) and (N, w_dim) -> (N, outputs, H, W)."""
        return F.conv2d(x * self.affine(w), self.weight, self.bias.flatten())
