"""Which pixels of one image are visible in another, from the flows of both directions.

All functions take flow_ab and flow_ba (N, 2, H, W) in pixels and return values on a's grid, (N, 1, H, W).
"""

import torch
from torch import Tensor
from torch.nn import functional as F

from steadyface.flow.warp import warp


def consistency_error(flow_ab: Tensor, flow_ba: Tensor) -> Tensor:
    """Forward-backward error in pixels: eps(p) = || F_ab(p) + F_ba(p + F_ab(p)) ||_2.

    Xu et al., "Temporally Consistent Semantic Video Editing" (ECCV 2022), section 3.2, whose printed formula leaves out
    the sum. For a pixel that leaves the frame the flow back is zero, so that its error is the length of its own flow.
    Differentiable, gradient 0 at error 0.
    """
    back = warp(flow_ba, flow_ab, padding="zeros")
    # Both components next to each other in memory: otherwise the norm takes ten times as long on a CPU
    missed = (flow_ab + back).movedim(1, -1).contiguous()
    error: Tensor = torch.linalg.vector_norm(missed, dim=-1)[:, None]
    return error


def visibility(error: Tensor, sharpness: float = 10.0) -> Tensor:
    """Soft mask exp(-sharpness * eps) in [0, 1] of a `consistency_error` in pixels; the paper's sharpness is 10."""
    return torch.exp(-sharpness * error)


def _energy(flow: Tensor) -> Tensor:
    """Squared length of the vectors: (N, 1, H, W)."""
    return flow.square().sum(1, keepdim=True)


def _gradient_energy(flow: Tensor) -> Tensor:
    """Squared norm of the flow's Jacobian (N, 1, H, W), by forward differences, 0 past the last ones."""
    across = F.pad(flow.diff(dim=3), (0, 1, 0, 0))
    down = F.pad(flow.diff(dim=2), (0, 0, 0, 1))
    return _energy(across) + _energy(down)


def non_occluded(flow_ab: Tensor, flow_ba: Tensor) -> Tensor:
    """The warping error's binary mask: 1 where a's pixel is seen in b and off motion boundaries, else 0.

    The test of Lai et al., "Learning Blind Video Temporal Consistency" (ECCV 2018), with f = F_ab(p) and
    b = F_ba(p + F_ab(p)): occluded where |f + b|^2 > 0.01 (|f|^2 + |b|^2) + 0.5, on a boundary where
    |grad f|^2 > 0.01 |f|^2 + 0.002.
    """
    back = warp(flow_ba, flow_ab, padding="zeros")
    occluded = _energy(flow_ab + back) > 0.01 * (_energy(flow_ab) + _energy(back)) + 0.5
    boundary = _gradient_energy(flow_ab) > 0.01 * _energy(flow_ab) + 0.002
    return (~(occluded | boundary)).to(flow_ab.dtype)
