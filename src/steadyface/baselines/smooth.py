"""Temporal smoothing of the edited codes: the cheapest remedy for flicker."""

import torch
from torch import Tensor

from steadyface.baselines.settings import Smoothing
from steadyface.faces.smooth import smooth


def smooth_codes(ws: Tensor, settings: Smoothing) -> Tensor:
    """Smooth codes (T, num_ws, w_dim) over time; constant and linear motion stay as they are."""
    return torch.from_numpy(smooth(ws.detach().cpu().numpy(), settings.sigma)).to(ws)
