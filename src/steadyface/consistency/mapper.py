"""The MLP f_theta of eq. 2: StyleCLIP's levels mapper (Patashnik et al., ICCV 2021, section 5)."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

LEVELS = (8, 32)
"""Rows that act up to 8 px are coarse, up to 32 px medium, above fine."""
LAYERS = 4
RATE_FACTOR = 0.01
_SLOPE = 0.2


class SlowLinear(nn.Module):
    """Dense layer with weights kept at 1 / `RATE_FACTOR` of their scale, so that Adam moves them that much
    less.

    Leaky ReLU 0.2 with gain sqrt(2) follows, after the last layer too, as in StyleCLIP.
    """

    def __init__(self, width: int, draws: torch.Generator | None) -> None:
        super().__init__()
        start = torch.randn(width, width, generator=draws) / RATE_FACTOR if draws else torch.zeros(width, width)
        self.weight = nn.Parameter(start)
        self.bias = nn.Parameter(torch.zeros(width))

    def forward(self, x: Tensor) -> Tensor:
        """(..., width) -> (..., width)."""
        scale = RATE_FACTOR / self.weight.shape[0] ** 0.5
        return F.leaky_relu(F.linear(x, self.weight * scale, self.bias * RATE_FACTOR), _SLOPE) * 2**0.5


class Mapper(nn.Module):
    """Residuals of W+ codes: one small MLP for the coarse, one for the medium, one for the fine rows.

    The last layer of each starts at zero (the others are drawn with ``seed``), so that untrained it returns
    zeros and phase 1 starts from the directly edited video.
    """

    def __init__(self, ws_resolutions: Sequence[int], w_dim: int, seed: int) -> None:
        super().__init__()
        draws = torch.Generator().manual_seed(seed)
        self.rows = _rows_of_levels(ws_resolutions)
        self.levels = nn.ModuleList(
            nn.Sequential(*(SlowLinear(w_dim, draws) for _ in range(LAYERS - 1)), SlowLinear(w_dim, None))
            for _ in self.rows
        )

    def forward(self, ws: Tensor) -> Tensor:
        """(N, num_ws, w_dim) -> residuals of the same shape."""
        # Normalised over the channels. StyleCLIP's own code, given 3-D input, normalises over the rows, which
        # mixes the layers and makes a residual depend on how many rows its group has.
        x = ws * torch.rsqrt(ws.square().mean(-1, keepdim=True) + 1e-8)
        residual = torch.zeros_like(ws)
        for rows, level in zip(self.rows, self.levels, strict=True):
            residual[:, rows] = level(x[:, rows])
        return residual


def _rows_of_levels(ws_resolutions: Sequence[int]) -> list[list[int]]:
    """Row numbers of the levels that the generator has, coarse first."""
    levels = [sum(side > bound for bound in LEVELS) for side in ws_resolutions]
    rows = [[row for row, level in enumerate(levels) if level == wanted] for wanted in range(len(LEVELS) + 1)]
    return [found for found in rows if found]
