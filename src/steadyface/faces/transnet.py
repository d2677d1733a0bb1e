"""TransNet V2, a network that sees cuts and dissolves (Souček and Lokoč, "TransNet V2: An effective deep network
architecture for fast shot transition detection", 2020), frozen.

Parameters have the names of the published file. Features of T frames are kept as (T, C, H, W) with the channels last
in memory: the same numbers are (1, C, T, H W) without a copy, so that a convolution over time is one over the rows of
a picture, and both kinds take the processor's fast path.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional as F

from steadyface import zoo

_REACH = 50
"""How many frames before and after it a frame is compared with."""
_WIDTHS = (16, 32, 64)
_COMPARED = 128
_CELLS = 3 * 6
"""What three stages leave of 27x48 px."""


class _Separable(nn.Module):
    """A 3x3 convolution of each frame, then one over three frames `dilation` apart: (T, C, H, W) to (1, C', T, H W)."""

    def __init__(self, before: int, after: int, dilation: int) -> None:
        super().__init__()
        over_space = nn.Conv2d(before, 2 * after, 3, padding=1, bias=False)
        over_time = nn.Conv2d(2 * after, after, (3, 1), padding=(dilation, 0), dilation=(dilation, 1), bias=False)
        self.layers = nn.ModuleList([over_space, over_time])

    def forward(self, x: Tensor) -> Tensor:
        x = self.layers[0](x)
        count, channels, height, width = x.shape
        rows = x.permute(0, 2, 3, 1).reshape(1, count, height * width, channels)
        out: Tensor = self.layers[1](rows.permute(0, 3, 1, 2))
        return out


class _Dilated(nn.Module):
    """Motion at four speeds side by side, normalised: (T, C, H, W) to (T, 4 width, H, W)."""

    def __init__(self, before: int, width: int) -> None:
        super().__init__()
        self.Conv3D_1 = _Separable(before, width, 1)
        self.Conv3D_2 = _Separable(before, width, 2)
        self.Conv3D_4 = _Separable(before, width, 4)
        self.Conv3D_8 = _Separable(before, width, 8)
        self.bn = nn.BatchNorm2d(4 * width, eps=1e-3)

    def forward(self, x: Tensor) -> Tensor:
        count, _, height, width = x.shape
        branches = (self.Conv3D_1, self.Conv3D_2, self.Conv3D_4, self.Conv3D_8)
        rows: Tensor = self.bn(torch.cat([branch(x) for branch in branches], 1))
        return rows.permute(0, 2, 3, 1).reshape(count, height, width, -1).permute(0, 3, 1, 2)


class _Stage(nn.Module):
    """Two dilated blocks, the second with a shortcut, and half the size."""

    def __init__(self, before: int, width: int) -> None:
        super().__init__()
        self.DDCNN = nn.ModuleList([_Dilated(before, width), _Dilated(4 * width, width)])

    def forward(self, x: Tensor) -> Tensor:
        first = F.relu(self.DDCNN[0](x))
        return F.avg_pool2d(F.relu(self.DDCNN[1](first)) + first, 2)


class _Comparison(nn.Module):
    """Each frame's cosine to those up to 50 before and after it, 0 beyond the sequence: (T, C) to (T, 128).

    With `channels`, of a projection of the frames' descriptors, otherwise of the descriptors themselves.
    """

    def __init__(self, channels: int = 0) -> None:
        super().__init__()
        self.projection = nn.Linear(channels, _COMPARED) if channels else None
        self.fc = nn.Linear(2 * _REACH + 1, _COMPARED)

    def forward(self, descriptors: Tensor) -> Tensor:
        if self.projection is not None:
            descriptors = self.projection(descriptors)
        unit = F.normalize(descriptors, dim=1)
        cosines = F.pad(unit @ unit.T, (_REACH, _REACH))
        steps = torch.arange(2 * _REACH + 1, device=unit.device)
        columns = torch.arange(len(unit), device=unit.device)[:, None] + steps
        return F.relu(self.fc(cosines.gather(1, columns)))


class TransNet(nn.Module):
    """Tells of each frame of a sequence whether a transition between two shots is there."""

    def __init__(self) -> None:
        super().__init__()
        channels = [4 * width for width in _WIDTHS]
        stages = zip([3, *channels], _WIDTHS, strict=False)
        self.SDDCNN = nn.ModuleList(_Stage(before, width) for before, width in stages)
        self.frame_sim_layer = _Comparison(sum(channels))
        self.color_hist_layer = _Comparison()
        self.fc1 = nn.Linear(2 * _COMPARED + _CELLS * channels[-1], 1024)
        self.cls_layer1 = nn.Linear(1024, 1)
        self.cls_layer2 = nn.Linear(1024, 1)
        self.requires_grad_(False).eval()

    @classmethod
    def load(cls) -> "TransNet":
        """The published network. Raises `steadyface.errors.WeightsError` if the weights can't be had."""
        network = cls()
        # The file has kernels over time, height and width; each of them extends over either time or the picture.
        kernels = load_file(zoo.weights("shot-boundaries"))
        for name, value in kernels.items():
            if value.ndim == 5:
                kernels[name] = value.squeeze(2 if value.shape[2] == 1 else 4)
        network.load_state_dict(kernels)
        return network

    @torch.inference_mode()
    def judge(self, frames: NDArray[np.uint8]) -> NDArray[np.float32]:
        """As `forward`, of arrays, wherever the network is."""
        probabilities = self(torch.from_numpy(frames).to(self.fc1.weight.device))
        return np.asarray(probabilities.cpu().numpy())

    def forward(self, frames: Tensor) -> Tensor:
        """Probabilities (T, 2) from a sequence of frames, uint8 (T, 27, 48, 3), RGB.

        The first is that the frame is the last one of a shot, or the middle of a dissolve; the second, that it is any
        frame of a transition.
        """
        x = (frames.permute(0, 3, 1, 2).float() / 255).contiguous(memory_format=torch.channels_last)
        means = []
        for stage in self.SDDCNN:
            x = stage(x)
            means.append(x.mean((2, 3)))
        looks = self.frame_sim_layer(torch.cat(means, 1))
        colours = self.color_hist_layer(_colour_histograms(frames))
        seen = torch.cat([colours, looks, x.permute(0, 2, 3, 1).flatten(1)], 1)
        hidden = F.relu(self.fc1(seen))
        return torch.cat([self.cls_layer1(hidden), self.cls_layer2(hidden)], 1).sigmoid()


def _colour_histograms(frames: Tensor) -> Tensor:
    """How many pixels of the frames, uint8 (T, H, W, 3), have each of 8x8x8 colours: (T, 512)."""
    red, green, blue = (frames.long() >> 5).flatten(1, 2).unbind(2)
    colours = (red << 6) + (green << 3) + blue
    counts = torch.zeros(len(frames), 512, device=frames.device)
    return counts.scatter_add_(1, colours, torch.ones_like(colours, dtype=counts.dtype))
