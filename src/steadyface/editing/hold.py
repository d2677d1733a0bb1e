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

ROUNDS = 5
FURTHEST = 2.0
"""Strengths of the direction beyond this aren't a face's any more."""
_SLOPE = 0.15
"""What the direction does to the opening at strength 1, to begin with; a third of it at least, four times at most."""
_DOUBT = 1e-3
"""How much that is believed, against what the rounds have seen: as the square of a step that they made."""
_SIGMA = 0.7
"""Frames; each frame is measured on its own, and the mesh jitters."""
_BESIDE = 1.5
"""Frames; a mouth is about as easily opened as in the frame beside it."""
CONSTANTS = (ROUNDS, FURTHEST, _SLOPE, _DOUBT, _SIGMA, _BESIDE)
"""What the codes depend on beside the clip."""


def hold_opening(
    ws: Tensor, wanted: Tensor, opens: CodeEdit, generator: Generator, openings: Callable[[Tensor], Tensor]
) -> Tensor:
    """Move codes (T, num_ws, w_dim) along the edit ``opens`` until ``openings`` (T,) of them are ``wanted`` (T,).

    ``openings`` measures the mouth of each frame. A secant rule with a slope for each frame and those beside: an open
    mouth opens further at once, lips that are closed take a while to part.
    """
    direction = opens(ws, generator) - ws

    def at(amounts: Tensor) -> Tensor:
        return ws + amounts.to(ws).view(-1, 1, 1) * direction

    amounts = moved = found = torch.zeros(len(ws))
    for _ in range(ROUNDS):
        earlier, found = found, openings(at(amounts))
        seen, weight = _smoothed((found - earlier) * moved, _BESIDE), _smoothed(moved.square(), _BESIDE)
        slope = ((seen + _DOUBT * _SLOPE) / (weight + _DOUBT)).clamp(_SLOPE / 3, 4 * _SLOPE)
        before, amounts = amounts, (amounts + _smoothed((wanted - found) / slope, _SIGMA)).clamp(-FURTHEST, FURTHEST)
        moved = amounts - before
    return at(amounts)


def _smoothed(values: Tensor, sigma: float) -> Tensor:
    return smooth_codes(values.view(-1, 1, 1), sigma).flatten()
