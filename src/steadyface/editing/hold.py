"""A mouth that opens as it did: what an edit does to the gap between the lips is taken back, frame by frame. Ours.

A smile opens lips, and teeth that show in every frame are not what was said. No one direction can undo that: how far a
smile opens a mouth depends on how open it is.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from steadyface.editing.edit import CodeEdit
from steadyface.gan.base import Generator
from steadyface.inversion.smooth import smooth_codes

ROUNDS = 3
FURTHEST = 2.0
"""Strengths of the direction beyond this aren't a face's any more."""
_SLOPE = 0.15
"""What the direction does to the opening at strength 1, to begin with, and at least a third of it."""
_SIGMA = 0.7
"""Frames; each frame is measured on its own, and the mesh jitters."""


def hold_opening(
    ws: Tensor, wanted: Tensor, opens: CodeEdit, generator: Generator, openings: Callable[[Tensor], Tensor]
) -> Tensor:
    """Move codes (T, num_ws, w_dim) along the edit ``opens`` until ``openings`` (T,) of them are ``wanted`` (T,).

    ``openings`` measures the mouth of each frame. A secant rule with one slope for the clip: closed lips don't close
    further, and so tell none.
    """
    direction = opens(ws, generator) - ws

    def at(amounts: Tensor) -> Tensor:
        return ws + amounts.to(ws).view(-1, 1, 1) * direction

    amounts, found, slope = torch.zeros(len(ws)), openings(ws), _SLOPE
    for _ in range(ROUNDS):
        step = ((wanted - found) / slope).view(-1, 1, 1)
        before, amounts = amounts, (amounts + smooth_codes(step, _SIGMA).flatten()).clamp(-FURTHEST, FURTHEST)
        earlier, found = found, openings(at(amounts))
        moved = amounts - before
        slope = max(float(((found - earlier) * moved).sum() / moved.square().sum().clamp_min(1e-6)), _SLOPE / 3)
    return at(amounts)
