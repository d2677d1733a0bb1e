"""StyleGAN2 (Karras et al. 2020, https://arxiv.org/abs/1912.04958) in plain torch, without compiled operations.

The arrays have the names and scales of StyleGAN2-ADA's files; `stylegan2_names` translates rosinality's.
"""

from collections.abc import Iterator, Mapping
from math import log2
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from steadyface.gan.equalized import EqualizedLinear

LEAKY_SLOPE, GAIN = 0.2, 2**0.5
NoiseMode = Literal["const", "random", "none"]
_TAPS = (1.0, 3.0, 3.0, 1.0)
_EPSILON = 1e-8
_STATISTICS = 4096
"""Number of random codes from which the standard deviation of W is measured."""


def fir() -> Tensor:
    """The low-pass filter [1, 3, 3, 1] in two dimensions, of sum 1: (4, 4)."""
    taps = torch.tensor(_TAPS)
    return torch.outer(taps, taps) / taps.sum() ** 2


def base_and_most(widths: Mapping[int, int]) -> tuple[int, int]:
    """The ``channel_base`` and ``channel_max`` that give a generator these channels by side."""
    most = max(widths.values())
    return min((side * width for side, width in widths.items() if width < most), default=max(widths) * most), most


class MappingNetwork(nn.Module):
    """z -> w: dense layers ``fc0`` to ``fcN`` on z of unit mean square."""

    w_avg: Tensor

    def __init__(self, z_dim: int, w_dim: int, layers: int) -> None:
        super().__init__()
        self.layers = layers
        for index in range(layers):
            self.add_module(
                f"fc{index}", EqualizedLinear(w_dim if index else z_dim, w_dim, rate_factor=0.01, active=True)
            )
        self.register_buffer("w_avg", torch.zeros(w_dim))

    def forward(self, z: Tensor) -> Tensor:
        """(N, z_dim) -> (N, w_dim)."""
        x = z * torch.rsqrt(z.square().mean(1, keepdim=True) + _EPSILON)
        for index in range(self.layers):
            x = self.get_submodule(f"fc{index}")(x)
        return x


def modulated_conv(x: Tensor, weight: Tensor, style: Tensor, *, demodulate: bool = True, up: bool = False) -> Tensor:
    """Convolve with a kernel whose input channels are scaled by each sample's style (section 2.2, eqs. 1-3).

    x (N, I, H, W), weight (O, I, k, k), style (N, I) -> (N, O, H, W), or (N, O, 2 H + 1, 2 W + 1) with ``up``. The
    sample's features are scaled instead of the kernel, and the result by the norm that the kernel would have had.
    """
    x = x * style[:, :, None, None]
    if up:
        x = F.conv_transpose2d(x, weight.transpose(0, 1), stride=2)
    else:
        x = F.conv2d(x, weight, padding=weight.shape[-1] // 2)
    if demodulate:
        energy = style.square() @ weight.square().sum((2, 3)).T
        x = x * torch.rsqrt(energy + _EPSILON)[:, :, None, None]
    return x


class StyledConv(nn.Module):
    """Modulated 3x3 convolution, noise, bias, leaky ReLU; with ``up`` the side doubles and a blur follows."""

    resample_filter: Tensor
    noise_const: Tensor

    def __init__(self, w_dim: int, inputs: int, outputs: int, side: int, *, up: bool = False) -> None:
        super().__init__()
        self.affine = EqualizedLinear(w_dim, inputs, bias=1.0)
        self.weight = nn.Parameter(torch.randn(outputs, inputs, 3, 3))
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.noise_strength = nn.Parameter(torch.zeros(()))
        self.register_buffer("noise_const", torch.randn(side, side))
        self.register_buffer("resample_filter", fir())
        self.up = up

    def forward(self, x: Tensor, w: Tensor, noise: NoiseMode) -> Tensor:
        """(N, inputs, H, W) and (N, w_dim) -> (N, outputs, H, W), or twice the side."""
        x = modulated_conv(x, self.weight, self.affine(w), up=self.up)
        if self.up:
            channels = x.shape[1]
            kernel = (4 * self.resample_filter).expand(channels, 1, -1, -1)
            x = F.conv2d(x, kernel.to(x), padding=1, groups=channels)
        if noise == "const":
            x = x + self.noise_strength * self.noise_const
        elif noise == "random":
            x = x + self.noise_strength * torch.randn_like(x[:, :1])
        return F.leaky_relu(x + self.bias[:, None, None], LEAKY_SLOPE) * GAIN


class ToRgb(nn.Module):
    """Modulated 1x1 convolution to colours, without demodulation."""

    def __init__(self, w_dim: int, inputs: int) -> None:
        super().__init__()
        self.affine = EqualizedLinear(w_dim, inputs, bias=1.0)
        self.weight = nn.Parameter(torch.randn(3, inputs, 1, 1))
        self.bias = nn.Parameter(torch.zeros(3))

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        """(N, inputs, H, W) and (N, w_dim) -> (N, 3, H, W)."""
        style = self.affine(w) / self.weight.shape[1] ** 0.5
        return modulated_conv(x, self.weight, style, demodulate=False) + self.bias[:, None, None]


class Block(nn.Module):
    """The layers of one side. The colours of the previous side are upsampled and added to its own."""

    resample_filter: Tensor

    def __init__(self, w_dim: int, inputs: int, outputs: int, side: int) -> None:
        super().__init__()
        self.register_buffer("resample_filter", fir())
        if inputs:
            self.conv0 = StyledConv(w_dim, inputs, outputs, side, up=True)
        else:
            self.const = nn.Parameter(torch.randn(outputs, side, side))
        self.conv1 = StyledConv(w_dim, outputs, outputs, side)
        self.torgb = ToRgb(w_dim, outputs)

    def forward(self, x: Tensor | None, image: Tensor | None, rows: Iterator[Tensor], noise: NoiseMode) -> list[Tensor]:
        """Features, colours and the block's rows of styles -> features and colours."""
        styles = list(rows)
        x = self.const.expand(len(styles[0]), -1, -1, -1) if x is None else self.conv0(x, styles[-3], noise)
        x = self.conv1(x, styles[-2], noise)
        colours = self.torgb(x, styles[-1])
        if image is not None:
            kernel = (4 * self.resample_filter).expand(3, 1, -1, -1).to(image)
            colours = colours + F.conv_transpose2d(image, kernel, stride=2, padding=1, groups=3)
        return [x, colours]


class Synthesis(nn.Module):
    """ws -> image: blocks ``b4``, ``b8`` and so on, with skipped colours."""

    def __init__(self, resolution: int, w_dim: int, channels: dict[int, int]) -> None:
        super().__init__()
        self.sides = list(channels)
        self.noise_mode: NoiseMode = "const"
        before = 0
        for side, width in channels.items():
            self.add_module(f"b{side}", Block(w_dim, before, width, side))
            before = width

    def forward(self, ws: Tensor) -> Tensor:
        """(N, num_ws, w_dim) -> (N, 3, R, R), nominally in [-1, 1]."""
        x: Tensor | None = None
        image: Tensor | None = None
        for index, side in enumerate(self.sides):
            # a block's last row is the next one's first
            rows = ws[:, max(0, 2 * index - 1) : 2 * index + 2].unbind(1)
            x, image = self.get_submodule(f"b{side}")(x, image, iter(rows), self.noise_mode)
        if image is None:
            raise ValueError("a synthesis network has at least one block")
        return image.float()


class StyleGAN2(nn.Module):
    """The generator, a `gan.base.Generator`.

    ``channel_base`` 32768 and ``channel_max`` 512 are those of the official FFHQ files at 1024 px (config F).
    """

    w_std: Tensor

    def __init__(
        self,
        resolution: int,
        *,
        z_dim: int = 512,
        w_dim: int = 512,
        mapping_layers: int = 8,
        channel_base: int = 32768,
        channel_max: int = 512,
        w_space: str = "",
    ) -> None:
        super().__init__()
        steps = round(log2(resolution))
        if 2**steps != resolution or resolution < 8:
            raise ValueError(f"a StyleGAN2 has a power of two from 8 on as its resolution, not {resolution}")
        sides = [2**step for step in range(2, steps + 1)]
        self.resolution, self.z_dim, self.w_dim, self.w_space = resolution, z_dim, w_dim, w_space
        self.num_ws = 2 * steps - 2
        self.ws_resolutions = (4, *(side for side in sides[1:] for _ in range(2)), resolution)
        self.mapping = MappingNetwork(z_dim, w_dim, mapping_layers)
        self.widths = {side: min(channel_base // side, channel_max) for side in sides}
        self.synthesis = Synthesis(resolution, w_dim, self.widths)
        self.register_buffer("w_std", torch.ones(w_dim), persistent=False)

    @property
    def w_mean(self) -> Tensor:
        """(w_dim,): the mean of W, as recorded during training."""
        return self.mapping.w_avg

    @torch.no_grad()
    def measure_w(self, seed: int = 0) -> None:
        """Measure the standard deviation of W, which no file holds, and the mean if a file lacks it."""
        z = torch.randn(_STATISTICS, self.z_dim, generator=torch.Generator().manual_seed(seed))
        w = self.mapping(z.to(self.w_mean))
        self.w_std.copy_(w.std(0))
        if not self.mapping.w_avg.any():
            self.mapping.w_avg.copy_(w.mean(0))
