"""Backward warping: `warp(image, flow)(p) = image(p + flow(p))`, flow in pixels, (x, y)."""

from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional as F


def _targets(flow: Tensor) -> tuple[Tensor, Tensor]:
    """Where each pixel of a (N, 2, H, W) flow points: x and y, each (N, H, W), pixel centres at integers."""
    height, width = flow.shape[2:]
    x = torch.arange(width, dtype=flow.dtype, device=flow.device)
    y = torch.arange(height, dtype=flow.dtype, device=flow.device)
    return flow[:, 0] + x, flow[:, 1] + y[:, None]


def _unit(pixels: Tensor, size: int) -> Tensor:
    """Pixel coordinates to grid_sample's with align_corners=False, where -1 and 1 are the outer edges.

    This convention has no rounding errors if sides are powers of two, unlike align_corners=True.
    """
    return (2 * pixels + 1) / size - 1


def warp(
    image: Tensor,
    flow: Tensor,
    padding: Literal["border", "zeros"] = "border",
    mode: Literal["bilinear", "bicubic"] = "bilinear",
) -> Tensor:
    """Sample `image` (N, C, H, W) at p + flow(p): (N, C, H, W), differentiable in both.

    `flow` is (N, 2, H, W) in pixels. Outside the frame the border's value is repeated, or it is 0 with
    `padding="zeros"`. Zero flow is the identity: bit for bit if sides are powers of two, else within 1e-4.
    The wider of the two dtypes is used, since half precision would round the coordinates to whole pixels.
    """
    x, y = _targets(flow)
    grid = torch.stack([_unit(x, image.shape[3]), _unit(y, image.shape[2])], dim=-1)
    dtype = torch.promote_types(image.dtype, flow.dtype)
    return F.grid_sample(image.to(dtype), grid.to(dtype), mode=mode, padding_mode=padding, align_corners=False)


def in_bounds(flow: Tensor) -> Tensor:
    """1 where p + flow(p) lies between the outermost pixel centres, else 0: (N, 1, H, W), in flow's dtype."""
    x, y = _targets(flow)
    height, width = flow.shape[2:]
    inside = (x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1)
    return inside[:, None].to(flow.dtype)
