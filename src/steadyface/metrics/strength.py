"""How strong an edit is, by classifiers: what the edit changed, and how much of it a result keeps."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from steadyface.critics.scorers import Scorer
from steadyface.errors import InputError
from steadyface.metrics.frames import Frames, load
from steadyface.runtime.batches import batches

Scores = dict[str, NDArray[np.float64]]


@dataclass(frozen=True)
class Change:
    """What an edit did to one attribute, in the score's own unit."""

    mean: float
    """The mean over frames of score(edited) - score(before)."""
    weakest: float
    """The smallest of these differences, in the direction of the mean. It shows an edit that drops out in a frame."""


@torch.no_grad()
def scores(frames: Frames, scorers: Sequence[Scorer], *, batch: int = 8, device: torch.device | str = "cpu") -> Scores:
    """Score every frame of a clip: (T,) by attribute. The scorers' networks live on `device`."""
    parts: dict[str, list[Tensor]] = {}
    for numbers in batches(len(frames), batch):
        images = load(frames, numbers, device)
        for scorer in scorers:
            for name, values in scorer(images).items():
                parts.setdefault(name, []).append(values)
    return {name: torch.cat(values).double().cpu().numpy() for name, values in parts.items()}


def changes(edited: Scores, before: Scores) -> dict[str, Change]:
    """Compare the scores of an edited clip with those of the same clip before the edit (the inversion).

    Raises:
        InputError: the clips differ in length.
    """
    found = {}
    for name, values in edited.items():
        if values.shape != before[name].shape:
            raise InputError(f"{len(values)} edited frames, {len(before[name])} before: they must be one clip")
        difference = values - before[name]
        mean = float(difference.mean())
        found[name] = Change(mean, float(difference.min() if mean >= 0 else difference.max()))
    return found


def retention(kept: Change, full: Change, floor: float, room: float = float("inf")) -> float | None:
    """The fraction of the full edit's change that is kept. 1: as strong, or as strong as the scale leaves room for.

    None if the full edit changes the attribute by less than `floor`: then the edit is not about this attribute.
    """
    most = max(min(abs(full.mean), room), floor)
    return kept.mean / (most if full.mean > 0 else -most) if abs(full.mean) >= floor else None


def weakest_tenth(
    edited: NDArray[np.float64], before: NDArray[np.float64], full: Change, floor: float, rooms: NDArray[np.float64]
) -> float | None:
    """The fraction of the full edit's mean change that is kept in the tenth of the frames that keep least of it.

    ``edited`` and ``before`` (T,) are scores, ``rooms`` (T,) says how far each frame's can still go. Frames with less
    room than ``floor`` are left out: a face that smiles already can't be made to smile. None if none is left, or if the
    edit is not about this attribute.
    """
    judged = rooms >= floor
    if abs(full.mean) < floor or not judged.any():
        return None
    kept = np.sign(full.mean) * (edited - before)[judged] / np.minimum(abs(full.mean), rooms[judged])
    return float(np.sort(kept)[: max(1, len(kept) // 10)].mean())
