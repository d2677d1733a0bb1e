"""RAFT, the network (Teed and Deng, "RAFT: Recurrent All-Pairs Field Transforms for Optical Flow", ECCV 2020).

Parameters have torchvision's names and layouts, so that its state dicts load as they are. Features live on a grid of
cells of 8 pixels: h = H / 8, w = W / 8.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

Norm = Callable[[int], nn.Module]
Upsampling = Literal["corners", "centres", "mask"]
"""How the flow of the cells is upsampled to pixels. "corners": bilinear with aligned corners, as in the published small
network; cells are then displaced by up to 7 pixels. "centres": bilinear with cells that tile the image (ours). "mask":
a learned convex combination."""

CELL = 8
LEVELS = 4


@dataclass(frozen=True)
class Plan:
    """Widths of one of the two published networks (section 3 and appendix A of the paper)."""

    stages: tuple[int, int, int, int]
    """Channels of the encoders' first convolution and of their three stages, of which the last two halve the size."""
    features: int
    """Channels that are correlated."""
    hidden: int
    context: int
    radius: int
    """Correlations are read in a square of 2 radius + 1 cells on a side, at each of four scales."""
    bottleneck: bool
    """Blocks of 1x1, 3x3, 1x1 convolutions instead of two of 3x3."""
    context_norm: bool
    correlation: tuple[int, ...]
    flow: tuple[int, int]
    motion: int
    kernels: tuple[tuple[int, int], ...]
    head: int


SMALL = Plan((32, 32, 64, 96), 128, 96, 64, 3, True, False, (96,), (64, 32), 82, ((3, 3),), 128)
LARGE = Plan((64, 64, 96, 128), 256, 128, 128, 4, False, True, (256, 192), (128, 64), 128, ((1, 5), (5, 1)), 256)


def _conv(before: int, after: int, kernel: int, stride: int = 1, norm: Norm | None = None) -> nn.Sequential:
    """Convolution that keeps the size (divided by `stride`), norm, ReLU."""
    layers: list[nn.Module] = [nn.Conv2d(before, after, kernel, stride, padding=kernel // 2)]
    return nn.Sequential(*layers, *([norm(after)] if norm else []), nn.ReLU())


class _Block(nn.Module):
    """relu(x + y): y by two or three convolutions, x projected where the size changes."""

    def __init__(self, before: int, after: int, stride: int, bottleneck: bool, norm: Norm | None) -> None:
        super().__init__()
        if bottleneck:
            inner = after // 4
            self.convnormrelu1 = _conv(before, inner, 1, norm=norm)
            self.convnormrelu2 = _conv(inner, inner, 3, stride, norm)
            self.convnormrelu3 = _conv(inner, after, 1, norm=norm)
        else:
            self.convnormrelu1 = _conv(before, after, 3, stride, norm)
            self.convnormrelu2 = _conv(after, after, 3, norm=norm)
            self.convnormrelu3 = nn.Sequential()
        self.downsample = _conv(before, after, 1, stride, norm)[:-1] if stride > 1 else nn.Sequential()

    def forward(self, x: Tensor) -> Tensor:
        y = self.convnormrelu3(self.convnormrelu2(self.convnormrelu1(x)))
        return F.relu(self.downsample(x) + y)


class _Encoder(nn.Module):
    """Images (N, 3, H, W) to (N, channels, h, w)."""

    def __init__(self, plan: Plan, channels: int, norm: Norm | None) -> None:
        super().__init__()
        stem, *stages = plan.stages
        self.convnormrelu = _conv(3, stem, 7, 2, norm)

        def stage(before: int, after: int, stride: int) -> nn.Sequential:
            first = _Block(before, after, stride, plan.bottleneck, norm)
            return nn.Sequential(first, _Block(after, after, 1, plan.bottleneck, norm))

        self.layer1 = stage(stem, stages[0], 1)
        self.layer2 = stage(stages[0], stages[1], 2)
        self.layer3 = stage(stages[1], stages[2], 2)
        self.conv = nn.Conv2d(stages[2], channels, 1)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, images: Tensor) -> Tensor:
        x = self.layer3(self.layer2(self.layer1(self.convnormrelu(images))))
        features: Tensor = self.conv(x)
        return features


class _MotionEncoder(nn.Module):
    def __init__(self, plan: Plan) -> None:
        super().__init__()
        widths = (LEVELS * (2 * plan.radius + 1) ** 2, *plan.correlation)
        self.convcorr1 = _conv(widths[0], widths[1], 1)
        self.convcorr2 = _conv(widths[1], widths[2], 3) if len(widths) > 2 else nn.Sequential()
        self.convflow1 = _conv(2, plan.flow[0], 7)
        self.convflow2 = _conv(plan.flow[0], plan.flow[1], 3)
        self.conv = _conv(widths[-1] + plan.flow[1], plan.motion - 2, 3)

    def forward(self, flow: Tensor, correlation: Tensor) -> Tensor:
        seen = self.convcorr2(self.convcorr1(correlation))
        moved = self.convflow2(self.convflow1(flow))
        return torch.cat([self.conv(torch.cat([seen, moved], 1)), flow], 1)


class _Gru(nn.Module):
    """Eqs. 3-6 of the paper."""

    def __init__(self, hidden: int, inputs: int, kernel: tuple[int, int]) -> None:
        super().__init__()
        padding = (kernel[0] // 2, kernel[1] // 2)
        self.convz = nn.Conv2d(hidden + inputs, hidden, kernel, padding=padding)
        self.convr = nn.Conv2d(hidden + inputs, hidden, kernel, padding=padding)
        self.convq = nn.Conv2d(hidden + inputs, hidden, kernel, padding=padding)

    def forward(self, hidden: Tensor, x: Tensor) -> Tensor:
        both = torch.cat([hidden, x], 1)
        update, reset = self.convz(both).sigmoid(), self.convr(both).sigmoid()
        candidate = self.convq(torch.cat([reset * hidden, x], 1)).tanh()
        return torch.lerp(hidden, candidate, update)


class _FlowHead(nn.Module):
    def __init__(self, hidden: int, width: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(hidden, width, 3, padding=1)
        self.conv2 = nn.Conv2d(width, 2, 3, padding=1)

    def forward(self, hidden: Tensor) -> Tensor:
        step: Tensor = self.conv2(F.relu(self.conv1(hidden)))
        return step


class _Update(nn.Module):
    """One update: the new hidden state and the flow's correction in cells (N, 2, h, w)."""

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.motion_encoder = _MotionEncoder(plan)
        inputs = plan.context + plan.motion
        cells = {f"convgru{k}": _Gru(plan.hidden, inputs, kernel) for k, kernel in enumerate(plan.kernels, 1)}
        self.recurrent_block = nn.ModuleDict(cells)
        self.flow_head = _FlowHead(plan.hidden, plan.head)

    def forward(self, hidden: Tensor, context: Tensor, correlation: Tensor, flow: Tensor) -> tuple[Tensor, Tensor]:
        x = torch.cat([context, self.motion_encoder(flow, correlation)], 1)
        for cell in self.recurrent_block.values():
            hidden = cell(hidden, x)
        return hidden, self.flow_head(hidden)


class _MaskPredictor(nn.Module):
    """Logits of each pixel's nine neighbouring cells: (N, 9 * 64, h, w), divided by 4 as in the released code."""

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.convrelu = _conv(hidden, 256, 3)
        self.conv = nn.Conv2d(256, 9 * CELL**2, 1)

    def forward(self, hidden: Tensor) -> Tensor:
        logits: Tensor = self.conv(self.convrelu(hidden))
        return 0.25 * logits


class RaftNetwork(nn.Module):
    """Images a and b (N, 3, H, W) in [-1, 1], sides multiples of 8, at least 64, to the flow after each update."""

    def __init__(self, plan: Plan, upsampling: Upsampling) -> None:
        super().__init__()
        self.plan, self.upsampling = plan, upsampling
        self.feature_encoder = _Encoder(plan, plan.features, nn.InstanceNorm2d)
        norm = nn.BatchNorm2d if plan.context_norm else None
        self.context_encoder = _Encoder(plan, plan.hidden + plan.context, norm)
        self.update_block = _Update(plan)
        self.mask_predictor = _MaskPredictor(plan.hidden) if upsampling == "mask" else None

    def forward(self, a: Tensor, b: Tensor, updates: int, last_only: bool = False) -> list[Tensor]:
        """`updates` flows (N, 2, H, W) in pixels from a to b, each better than the one before; or the last one."""
        return self.flows(a, self.pyramid(a, b), updates, last_only)

    def pyramid(self, a: Tensor, b: Tensor) -> list[Tensor]:
        """The `correlations` between all cells of both images."""
        return correlations(*self.feature_encoder(torch.cat([a, b])).chunk(2))

    def flows(self, a: Tensor, pyramid: list[Tensor], updates: int, last_only: bool = False) -> list[Tensor]:
        """As `forward`, with the result of `pyramid`."""
        hidden, context = self.context_encoder(a).split([self.plan.hidden, self.plan.context], 1)
        hidden, context = hidden.tanh(), context.relu()
        flow = hidden.new_zeros(hidden.shape[0], 2, *hidden.shape[2:])
        flows = []
        for number in range(1, updates + 1):
            flow = flow.detach()  # as in the paper: no gradient through the positions of the look-up
            hidden, step = self.update_block(hidden, context, look_up(pyramid, flow, self.plan.radius), flow)
            flow = flow + step
            if number == updates or not last_only:
                mask = self.mask_predictor(hidden) if self.mask_predictor else None
                flows.append(upsampled(flow, mask, corners=self.upsampling == "corners"))
        return flows


def correlations(a: Tensor, b: Tensor) -> list[Tensor]:
    """Dot products of all cells of a with all of b, b's pooled at four scales: (N h w, 1, h / 2^k, w / 2^k).

    Section 3.2 of the paper; a and b are (N, C, h, w) features.
    """
    count, channels, height, width = a.shape
    with torch.autocast(a.device.type, enabled=False):  # half precision would blur the peaks
        volume = a.float().flatten(2).transpose(1, 2) @ b.float().flatten(2) / channels**0.5
    pyramid = [volume.reshape(count * height * width, 1, height, width)]
    for _ in range(LEVELS - 1):
        pyramid.append(F.avg_pool2d(pyramid[-1], 2))
    return pyramid


def look_up(pyramid: list[Tensor], flow: Tensor, radius: int) -> Tensor:
    """Correlations around the target of each cell's flow (N, 2, h, w): (N, 4 (2 radius + 1)^2, h, w).

    Bilinear, 0 outside; the window's first axis is x, its second y.
    """
    count, _, height, width = flow.shape
    offsets = torch.arange(-radius, radius + 1, dtype=flow.dtype, device=flow.device)
    x = flow[:, 0] + torch.arange(width, dtype=flow.dtype, device=flow.device)
    y = flow[:, 1] + torch.arange(height, dtype=flow.dtype, device=flow.device)[:, None]
    seen = []
    for level, volume in enumerate(pyramid):
        across = (x.reshape(-1, 1) / 2**level + offsets + 0.5) * (2 / volume.shape[3]) - 1
        down = (y.reshape(-1, 1) / 2**level + offsets + 0.5) * (2 / volume.shape[2]) - 1
        side = len(offsets)
        grid = torch.stack([across[:, :, None].expand(-1, -1, side), down[:, None].expand(-1, side, -1)], -1)
        window = F.grid_sample(volume, grid, mode="bilinear", padding_mode="zeros", align_corners=False)
        seen.append(window.view(count, height, width, side * side))
    return torch.cat(seen, 3).permute(0, 3, 1, 2)


def upsampled(flow: Tensor, mask: Tensor | None, corners: bool) -> Tensor:
    """Upsample flow (N, 2, h, w) in cells to (N, 2, 8 h, 8 w) in pixels.

    With a mask (N, 576, h, w) as in appendix B of the paper.
    """
    count, _, height, width = flow.shape
    if mask is None:
        return CELL * F.interpolate(flow, scale_factor=CELL, mode="bilinear", align_corners=corners)
    weights = mask.view(count, 1, 9, CELL, CELL, height, width).softmax(2)
    neighbours = F.unfold(CELL * flow, 3, padding=1).view(count, 2, 9, 1, 1, height, width)
    fine = (weights * neighbours).sum(2)  # (N, 2, 8, 8, h, w)
    return fine.permute(0, 1, 4, 2, 5, 3).reshape(count, 2, CELL * height, CELL * width)
