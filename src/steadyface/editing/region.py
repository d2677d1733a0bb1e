"""Which part of an aligned crop an edit is about: a box with a soft edge. Eyeglasses change no hair."""

import torch
from torch import Tensor

Region = tuple[float, float, float, float]
"""Top, bottom, left, right, in [0, 1] of the crop's side: in aligned crops eyes and mouth have their place."""

EVERYWHERE: Region = (0.0, 1.0, 0.0, 1.0)
SOFT = 0.08
"""Width of the soft edge, inside the box, as a part of the side."""


def region_mask(region: Region, side: int) -> Tensor:
    """The box as a mask (1, 1, side, side) in [0, 1], 0 outside; where it ends at the crop's own border it is 1."""
    top, bottom, left, right = region
    return (_between(top, bottom, side)[:, None] * _between(left, right, side))[None, None]


def _between(low: float, high: float, side: int) -> Tensor:
    at = (torch.arange(side) + 0.5) / side
    rise = ((at - low) / SOFT).clamp(0, 1) if low > 0 else torch.ones(side)
    fall = ((high - at) / SOFT).clamp(0, 1) if high < 1 else torch.ones(side)
    inside = rise * fall
    return inside * inside * (3 - 2 * inside)
