"""Codes smoothed over time."""

import torch
from torch import Tensor

from steadyface.faces.smooth import smooth


def smooth_codes(ws: Tensor, sigma: float) -> Tensor:
    """Smooth codes (T, num_ws, w_dim) with a Gaussian of ``sigma`` frames; linear motion stays as it is."""
    return torch.from_numpy(smooth(ws.detach().cpu().numpy(), sigma)).to(ws)
