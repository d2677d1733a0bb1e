"""What a flow network is trained on: the sequence of its flows, and before that the matching of its features."""

import torch
from torch import Tensor
from torch.nn import functional as F

from steadyface.flow.raft_network import CELL


def sequence_loss(flows: list[Tensor], true: Tensor, gamma: float = 0.8) -> Tensor:
    """Eq. 7 of the RAFT paper: L1 over all updates (N, 2, H, W), the later ones counting more."""
    weights = [gamma ** (len(flows) - 1 - k) for k in range(len(flows))]
    total: Tensor = torch.stack([w * (flow - true).abs().mean() for w, flow in zip(weights, flows, strict=True)]).sum()
    return total


def matching_loss(volume: Tensor, true: Tensor) -> Tensor:
    """How far the softmax of a cell's correlations is from the place where the cell went, as a divergence.

    The place is spread over the four cells around it in bilinear shares, so that the correlations tell parts of a
    cell, too. ``volume`` is the finest level (N h w, 1, h, w) of `correlations`, ``true`` (N, 2, 8 h, 8 w) in pixels.
    Cells that leave the picture don't count.
    """
    flow = F.avg_pool2d(true, CELL) / CELL
    count, _, height, width = flow.shape
    columns, rows = torch.arange(width, dtype=flow.dtype), torch.arange(height, dtype=flow.dtype)
    across = (1 - (flow[:, 0, :, :, None] + columns[:, None] - columns).abs()).clamp(min=0)  # (N, h, w, w)
    down = (1 - (flow[:, 1, :, :, None] + rows[:, None, None] - rows).abs()).clamp(min=0)  # (N, h, w, h)
    wanted = (down[..., :, None] * across[..., None, :]).flatten(3)  # (N, h, w, h w)
    inside = wanted.sum(3) > 0.999
    found = volume.float().view(count, height, width, height * width).log_softmax(3)
    divergence = (torch.xlogy(wanted, wanted) - wanted * found).sum(3)
    mean: Tensor = (divergence * inside).sum() / inside.sum().clamp(min=1)
    return mean
