"""Codes smoothed over time."""

import torch
from torch import Tensor

from steadyface.clip.segments import Segments
from steadyface.faces.smooth import smooth


def smooth_codes(ws: Tensor, sigma: float, segments: Segments) -> Tensor:
    """Smooth the codes (T, num_ws, w_dim) of each segment with a Gaussian of ``sigma`` frames; linear motion stays."""
    return torch.from_numpy(segments.each(lambda part: smooth(part, sigma), ws.detach().cpu().numpy())).to(ws)
