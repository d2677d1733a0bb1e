"""The encoders e4e, pSp and ReStyle: an IR-SE-50 and a head for each row of W+.

pSp: Richardson et al. 2021; e4e: Tov et al. 2021; ReStyle: Alaluf et al. 2021; IR-SE-50: Deng et al. 2019. Our code,
with the names of the published arrays; `width` makes smaller ones.
"""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from steadyface.gan.equalized import EqualizedLinear

Kind = Literal["e4e", "psp", "restyle-e4e", "restyle-psp"]
UNITS = (3, 4, 14, 3)
"""Residual units at each of the four widths."""
_TAPS = (6, 20, 23)
_REDUCTION = 16
COARSE, MIDDLE = 3, 7
"""Rows below the first number use the coarsest features, rows below the second the middle ones, the rest the finest."""


@dataclass(frozen=True)
class Shape:
    """What distinguishes these networks from each other."""

    kind: Kind
    rows: int = 18
    width: int = 64
    """Channels of the first layer; the published networks have 64."""
    w_dim: int = 512
    head: int = 512
    """Channels inside a row's head."""
    side: int = 256
    """Side of the pictures in pixels; the published networks need 256."""

    @property
    def iterates(self) -> bool:
        """Whether it is given the picture of its previous result beside the input."""
        return self.kind.startswith("restyle")

    @property
    def progressive(self) -> bool:
        """Whether rows are offsets from the first one."""
        return self.kind.endswith("e4e")


class SqueezeExcite(nn.Module):
    """Weights each channel by means over the whole picture."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        inner = max(channels // _REDUCTION, 1)
        self.fc1 = nn.Conv2d(channels, inner, 1, bias=False)
        self.fc2 = nn.Conv2d(inner, channels, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> the same."""
        weights = self.fc2(F.relu(self.fc1(x.mean((2, 3), keepdim=True))))
        out: Tensor = x * weights.sigmoid()
        return out


class Unit(nn.Module):
    """A residual unit; the side shrinks by ``stride``."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.shortcut_layer: nn.Module = nn.MaxPool2d(1, stride)
        if inputs != outputs:
            self.shortcut_layer = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs)
            )
        self.res_layer = nn.Sequential(
            nn.BatchNorm2d(inputs),
            nn.Conv2d(inputs, outputs, 3, 1, 1, bias=False),
            nn.PReLU(outputs),
            nn.Conv2d(outputs, outputs, 3, stride, 1, bias=False),
            nn.BatchNorm2d(outputs),
            SqueezeExcite(outputs),
        )

    def forward(self, x: Tensor) -> Tensor:
        """(N, inputs, H, W) -> (N, outputs, H / stride, W / stride)."""
        out: Tensor = self.res_layer(x) + self.shortcut_layer(x)
        return out


class Head(nn.Module):
    """Features to one row of the code: convolutions of stride 2 until a single pixel is left."""

    def __init__(self, inputs: int, channels: int, w_dim: int, halvings: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for step in range(halvings):
            layers += [nn.Conv2d(channels if step else inputs, channels, 3, 2, 1), nn.LeakyReLU()]
        self.convs = nn.Sequential(*layers)
        self.linear = EqualizedLinear(channels, w_dim)

    def forward(self, x: Tensor) -> Tensor:
        """(N, inputs, S, S) -> (N, w_dim)."""
        out: Tensor = self.linear(self.convs(x).flatten(1))
        return out


class PspNetwork(nn.Module):
    """Pictures (N, 3 or 6, side, side) in [-1, 1] -> offsets (N, rows, w_dim)."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        width = shape.width
        self.input_layer = nn.Sequential(
            nn.Conv2d(6 if shape.iterates else 3, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width), nn.PReLU(width)
        )
        units, inputs = [], width
        for step, count in enumerate(UNITS):
            outputs = width << step
            for place in range(count):
                units.append(Unit(inputs, outputs, 1 if place else 2))
                inputs = outputs
        self.body = nn.Sequential(*units)
        pyramid = (4 if row < COARSE else 5 if row < MIDDLE else 6 for row in range(shape.rows))
        halvings = [4] * shape.rows if shape.iterates else pyramid
        self.styles = nn.ModuleList(Head(inputs, shape.head, shape.w_dim, each) for each in halvings)
        if not shape.iterates:
            self.latlayer1 = nn.Conv2d(4 * width, inputs, 1)
            self.latlayer2 = nn.Conv2d(2 * width, inputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Return the offsets from the mean code, or (ReStyle) from the previous code."""
        x = self.input_layer(x)
        taps = []
        for place, unit in enumerate(self.body):
            x = unit(x)
            if place in _TAPS:
                taps.append(x)
        fine, middle, coarse = taps
        if self.shape.iterates:
            features = [coarse] * self.shape.rows
        else:
            middle = _enlarged(coarse, middle) + self.latlayer1(middle)
            fine = _enlarged(middle, fine) + self.latlayer2(fine)
            features = [coarse if row < COARSE else middle if row < MIDDLE else fine for row in range(self.shape.rows)]
        rows = torch.stack([head(each) for head, each in zip(self.styles, features, strict=True)], dim=1)
        if self.shape.progressive:
            rows = torch.cat([rows[:, :1], rows[:, :1] + rows[:, 1:]], dim=1)
        return rows


def _enlarged(x: Tensor, like: Tensor) -> Tensor:
    return F.interpolate(x, like.shape[2:], mode="bilinear", align_corners=True)
