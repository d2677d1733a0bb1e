"""MobileStyleGAN (Belousov 2021, https://arxiv.org/abs/2104.04767): the default generator, at 1024, 512 and 256 pixels.

It was distilled from StyleGAN2-FFHQ and shares its W space. All sizes have the same trunk. Its picture is a Haar
transform's inverse, whose averages are the picture at 512 px; the 256 px one ends in a head that this project distilled
(`training/distil_head.py`).
"""

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from steadyface.gan.layers import LEAKY_SLOPE, Affine, StyledConv, ToImage, inverse_haar
from steadyface.gan.models import W_SPACE

CHANNELS = {4: 512, 8: 512, 16: 512, 32: 512, 64: 512, 128: 256, 256: 128, 512: 64}
"""Channels of the features at each side in pixels."""
W_DIM = 512


class Mapping(nn.Sequential):
    """Eight dense layers, leaky ReLU with gain sqrt(2); the input is normalised to unit mean square."""

    def forward(self, z: Tensor) -> Tensor:
        """(N, 512) -> (N, 512)."""
        x = z * torch.rsqrt(z.square().mean(dim=1, keepdim=True) + 1e-8)
        for layer in self:
            x = F.leaky_relu(layer(x), LEAKY_SLOPE) * 2**0.5
        return x


class Block(nn.Module):
    """Modulate, double the side by an inverse Haar transform, two styled convolutions."""

    def __init__(self, inputs: int, outputs: int, resolution: int) -> None:
        super().__init__()
        self.up = Affine(W_DIM, inputs, gain=1.0)
        self.conv1 = StyledConv(W_DIM, inputs // 4, outputs, resolution)
        self.conv2 = StyledConv(W_DIM, outputs, outputs, resolution)

    def forward(self, x: Tensor, first: Tensor, second: Tensor) -> Tensor:
        """(N, inputs, H, W) and two rows of styles (N, 512) -> (N, outputs, 2 H, 2 W)."""
        x = self.conv1(inverse_haar(x * self.up(first)), first)
        out: Tensor = self.conv2(x, second)
        return out


class Refine(nn.Module):
    """Replaces the blocks that a smaller generator leaves out, by narrow styled convolutions at a constant side.

    Two are in sequence; those after them are residual.
    """

    channels = 128
    added = 3

    def __init__(self, inputs: int, resolution: int) -> None:
        super().__init__()
        self.conv1 = StyledConv(W_DIM, inputs, self.channels, resolution)
        self.conv2 = StyledConv(W_DIM, self.channels, self.channels, resolution)
        self.details = nn.ModuleList(
            StyledConv(W_DIM, self.channels, self.channels, resolution) for _ in range(self.added)
        )

    def forward(self, x: Tensor, first: Tensor, second: Tensor) -> Tensor:
        """(N, inputs, H, W) and two rows of styles -> (N, 128, H, W)."""
        x = self.conv2(self.conv1(x, first), second)
        for detail in self.details:
            x = x + detail(x, second)
        return x


class MobileStyleGAN(nn.Module):
    """The generator: a constant, one dense styled convolution, blocks that double the side, colours, a last Haar step.

    ``resolution`` 1024 has blocks up to 512 px. So has 512, which leaves the last Haar step's details out: its picture
    is that of 1024 px, averaged over 2 x 2 px. 256 has the same blocks up to 128 px, then `Refine` in the place of the
    two blocks that are left out.
    """

    z_dim = W_DIM
    w_dim = W_DIM
    w_space = W_SPACE
    w_mean: Tensor
    w_std: Tensor

    def __init__(self, resolution: int) -> None:
        super().__init__()
        self.averages_only = resolution == max(CHANNELS)
        refined = resolution < max(CHANNELS)
        sides = [side for side in CHANNELS if side < resolution or self.averages_only]
        last = CHANNELS[sides[-1]]
        self.resolution = resolution
        self.mapping = Mapping(*(nn.Linear(W_DIM, W_DIM) for _ in range(8)))
        self.const = nn.Parameter(torch.randn(1, CHANNELS[4], 4, 4))
        self.conv1 = StyledConv(W_DIM, CHANNELS[4], CHANNELS[4], 4, separable=False)
        self.blocks = nn.ModuleList(Block(CHANNELS[a], CHANNELS[b], b) for a, b in pairwise(sides))
        self.refine = Refine(last, sides[-1]) if refined else None
        self.to_image = ToImage(W_DIM, Refine.channels if refined else last, 3 if self.averages_only else 12)
        doubled = [side for side in sides[1:] for _ in range(2)]
        self.ws_resolutions = (4, *doubled, *[resolution] * (2 if refined else 1))
        self.num_ws = len(self.ws_resolutions)
        self.register_buffer("w_mean", torch.zeros(W_DIM))
        self.register_buffer("w_std", torch.ones(W_DIM))

    def synthesis(self, ws: Tensor) -> Tensor:
        """(N, num_ws, 512) -> (N, 3, resolution, resolution), nominally in [-1, 1]."""
        return self.head(self.trunk(ws), ws).float()

    def trunk(self, ws: Tensor) -> Tensor:
        """(N, num_ws, 512) -> features (N, channels, side, side) of the last block."""
        x: Tensor = self.conv1(self.const.contiguous(memory_format=torch.channels_last), ws[:, 0])
        for index, block in enumerate(self.blocks):
            x = block(x, ws[:, 2 * index + 1], ws[:, 2 * index + 2])
        return x

    def head(self, features: Tensor, ws: Tensor) -> Tensor:
        """Features of the last block -> image."""
        if self.refine is not None:
            features = self.refine(features, ws[:, -2], ws[:, -1])
        colours: Tensor = self.to_image(features, ws[:, -1])
        return colours if self.averages_only else inverse_haar(colours)


def average_band(to_image: dict[str, Tensor]) -> dict[str, Tensor]:
    """From the parameters of a `ToImage` of Haar coefficients, those of the averages over 2 x 2 px of its picture."""
    outputs = {"to_image.weight": 0, "to_image.bias": 1}
    taken = {name: to_image[name].narrow(axis, 0, 3) / 2 for name, axis in outputs.items()}
    return to_image | taken
