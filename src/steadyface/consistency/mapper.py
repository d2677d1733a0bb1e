"""The MLP f_theta of eq. 2: StyleCLIP's levels mapper (Patashnik et al., ICCV 2021, section 5)."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from steadyface.gan.equalized import EqualizedLinear

LEVELS = (8, 32)
"""Rows that act up to 8 px are coarse, up to 32 px medium, above fine."""
LAYERS = 4
RATE_FACTOR = 0.01
"""Weights are stored at 100 times their scale, so that Adam's steps are 100 times smaller, as in StyleCLIP."""


class Mapper(nn.Module):
    """Residuals of W+ codes: one small MLP for the coarse, one for the medium, one for the fine rows.

    The last layer of each MLP starts at zero, the others at random (``seed``). Untrained, the mapper returns zeros,
    so that phase 1 starts from the directly edited video.
    """

    def __init__(self, ws_resolutions: Sequence[int], w_dim: int, seed: int) -> None:
        super().__init__()
        draws = torch.Generator().manual_seed(seed)
        self.rows = _rows_of_levels(ws_resolutions)
        self.levels = nn.ModuleList(
            nn.Sequential(
                *(_layer(torch.randn(w_dim, w_dim, generator=draws)) for _ in range(LAYERS - 1)),
                _layer(torch.zeros(w_dim, w_dim)),
            )
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


def _layer(start: Tensor) -> EqualizedLinear:
    """A linear layer and a leaky ReLU, which StyleCLIP also has after the last layer."""
    return EqualizedLinear(*start.shape, rate_factor=RATE_FACTOR, active=True, start=start)


def _rows_of_levels(ws_resolutions: Sequence[int]) -> list[list[int]]:
    """Row numbers of the levels that the generator has, coarse first."""
    levels = [sum(side > bound for bound in LEVELS) for side in ws_resolutions]
    rows = [[row for row, level in enumerate(levels) if level == wanted] for wanted in range(len(LEVELS) + 1)]
    return [found for found in rows if found]
