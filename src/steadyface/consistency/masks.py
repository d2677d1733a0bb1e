"""Masks: where two frames are compared (section 3.2). They carry no gradient, or phases 1 and 2 would move them."""

import torch
from torch import Tensor
from torch.nn import functional as F

from steadyface.critics.lpips import Lpips, Seen
from steadyface.flow.warp import in_bounds, warp

NOISE_WINDOW = 5
"""Side in pixels of the mean filter that keeps camera noise out of `photometric_consistency`."""
REACH = 7
"""Side in pixels of the neighbourhood that a difference spreads to, since LPIPS looks around each pixel."""


@torch.no_grad()
def perceptual_difference(lpips: Lpips, images: Tensor | Seen, inputs: Tensor) -> Tensor:
    """M^PD, spatial LPIPS between frames and their aligned inputs: (N, 3, S, S) -> (N, 1, S, S)."""
    return lpips.spatial(images, inputs)


@torch.no_grad()
def fuse(visible: Tensor, perceptual: Tensor) -> Tensor:
    """M = M^vis (+) M^PD: added, then clamped to [0, 1]."""
    return (visible + perceptual).clamp(0, 1)


@torch.no_grad()
def photometric_consistency(a: Tensor, b: Tensor, flow_ab: Tensor, scale: float) -> Tensor:
    """How well the flow explains input a by input b (P, 3, S, S): (P, 1, S, S) in [0, 1].

    exp(-(d / scale)^2), where d is |a(p) - b(p + F(p))| after a local mean and then a local maximum; 0 where the flow
    leaves the frame. Where a mouth opens or an eye closes, no flow explains the input: forcing consistency there would
    freeze the face. Ours.
    """
    difference = (a - warp(b, flow_ab)).abs().mean(1, keepdim=True)
    mean = F.avg_pool2d(difference, NOISE_WINDOW, 1, NOISE_WINDOW // 2, count_include_pad=False)
    down = F.max_pool2d(mean, (REACH, 1), 1, (REACH // 2, 0))
    largest = F.max_pool2d(down, (1, REACH), 1, (0, REACH // 2))  # first columns, then rows: half the time
    return torch.exp(-(largest / scale).square()) * in_bounds(flow_ab)
