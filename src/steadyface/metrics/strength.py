"""How strong an edit is, by classifiers: what the edit changed, and how much of it a result keeps."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from steadyface.critics.age_gender import AgeGender
from steadyface.critics.attributes import Attributes
from steadyface.critics.expression import EXPRESSIONS, Expression
from steadyface.critics.lpips import Lpips
from steadyface.errors import InputError
from steadyface.metrics.frames import Frames, batches, load

Scorer = Callable[[Tensor], Mapping[str, Tensor]]
"""Crops (N, 3, R, R) in [-1, 1] to scores (N,) by attribute; linear in strength, so log-odds and not
probabilities. Any linear classifier on descriptors of the crops is one."""

Scores = dict[str, NDArray[np.float64]]

LOG_ODDS = frozenset({*EXPRESSIONS, "male", "eyeglasses", "sunglasses", "beard"})
"""The scores that end where a classifier is sure."""
_SURE = 0.0025
_AGE_FLOOR, _SCORE_FLOOR = 2.0, 0.5


@dataclass(frozen=True)
class Change:
    """What an edit did to one attribute, in the score's own unit."""

    mean: float
    """The mean over frames of score(edited) - score(before)."""
    weakest: float
    """The same in the frame where it is smallest, in the direction of the mean: an edit that drops out shows."""


def log_odds(probability: Tensor) -> Tensor:
    """log(p / (1 - p)), with p kept within 0.0025 of 0 and 1: beyond that a classifier is sure, and only
    its scale goes on growing."""
    return torch.logit(probability, eps=_SURE)


def expression_scorer(network: Expression) -> Scorer:
    """Log-odds of each of `EXPRESSIONS`."""

    def score(images: Tensor) -> dict[str, Tensor]:
        return dict(zip(EXPRESSIONS, log_odds(network(images)).unbind(1), strict=True))

    return score


def age_gender_scorer(network: AgeGender) -> Scorer:
    """Years for "age" and log-odds for "male"."""

    def score(images: Tensor) -> dict[str, Tensor]:
        age, male = network(images)
        return {"age": age, "male": log_odds(male)}

    return score


def attributes_scorer(network: Attributes) -> Scorer:
    """Log-odds of each of the network's labels, ending where `log_odds` does."""

    def score(images: Tensor) -> dict[str, Tensor]:
        return dict(zip(network.labels, log_odds(network(images).sigmoid()).unbind(1), strict=True))

    return score


def scorer_of(attribute: str, lpips: Lpips) -> Scorer | None:
    """The scorer that knows an attribute, on the device of ``lpips`` (AlexNet); None if none does.

    Raises:
        WeightsError: its weights can't be had.
    """
    device = lpips.shift.device
    if attribute in EXPRESSIONS:
        return expression_scorer(Expression().to(device))
    if attribute in ("age", "male"):
        return age_gender_scorer(AgeGender().to(device))
    attributes = Attributes(lpips).to(device)
    return attributes_scorer(attributes) if attribute in attributes.labels else None


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


def floor_of(attribute: str) -> float:
    """The change, in years or log-odds, from which on an edit counts as one of this attribute."""
    return _AGE_FLOOR if attribute == "age" else _SCORE_FLOOR


def room_of(attribute: str, before: NDArray[np.float64], rises: bool) -> float:
    """How far a clip's mean score can still rise, or fall: log-odds end, years and others don't.

    ``before`` (T,) are its scores without the edit. Who begins nearer to the end can't change as much.
    """
    if attribute not in LOG_ODDS:
        return float("inf")
    end = float(np.log((1 - _SURE) / _SURE))
    return end - float(before.mean()) if rises else end + float(before.mean())


def retention(kept: Change, full: Change, floor: float, room: float = float("inf")) -> float | None:
    """The part of the full edit's change that is kept: 1 is as strong, or as strong as the scale leaves room for.

    None if the full edit changes the attribute by less than `floor`: it isn't what was edited.
    """
    most = max(min(abs(full.mean), room), floor)
    return kept.mean / (most if full.mean > 0 else -most) if abs(full.mean) >= floor else None
