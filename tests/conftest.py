"""Fixtures that every part of the suite shares."""

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with the real clips and photographs, beside the checkout."""
    folder = Path(__file__).resolve().parents[2] / "shared"
    if not folder.is_dir():
        pytest.skip("the shared material is not beside this checkout")
    return folder


class TinyGenerator(nn.Module):
    """A random 64 px generator that meets the `Generator` protocol: four styled layers, at 8 to 64 px."""

    resolution = 64
    num_ws = 4
    w_dim = 16
    z_dim = 8
    ws_resolutions = (8, 16, 32, 64)

    def __init__(self) -> None:
        super().__init__()
        draws = torch.Generator().manual_seed(0)

        def random(*shape: int, scale: float = 1.0) -> nn.Parameter:
            return nn.Parameter(scale * torch.randn(shape, generator=draws))

        self.mapping = nn.Linear(self.z_dim, self.w_dim)
        self.mapping.weight = random(self.w_dim, self.z_dim, scale=self.z_dim**-0.5)
        self.mapping.bias = random(self.w_dim)
        self.const = random(1, 12, 8, 8)
        self.layers = nn.ModuleList()
        for _ in self.ws_resolutions:
            style = random(12, self.w_dim, scale=0.5 * self.w_dim**-0.5)
            self.layers.append(TinyLayer(style, random(12, 12, 3, 3, scale=0.12)))
        self.colours = nn.Conv2d(12, 3, 1)
        self.colours.weight, self.colours.bias = random(3, 12, 1, 1, scale=0.3), random(3, scale=0.1)
        self.register_buffer("w_mean", self.mapping.bias.detach().clone())
        self.register_buffer("w_std", torch.ones(self.w_dim))

    def synthesis(self, ws: Tensor) -> Tensor:
        x = self.const
        for row, layer in enumerate(self.layers):
            x = layer(functional.interpolate(x, scale_factor=2) if row else x, ws[:, row])
        return torch.tanh(self.colours(x))


class TinyLayer(nn.Module):
    """Channels scaled by the style, a 3x3 convolution, leaky ReLU."""

    def __init__(self, style: nn.Parameter, weight: nn.Parameter) -> None:
        super().__init__()
        self.style, self.weight = style, weight

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        scaled = x * (1 + w @ self.style.T)[:, :, None, None]
        return functional.leaky_relu(functional.conv2d(scaled, self.weight, padding=1), 0.2)


@pytest.fixture
def tiny_generator() -> TinyGenerator:
    """A new small generator with the same weights each time, its parameters frozen."""
    return TinyGenerator().eval().requires_grad_(False)
