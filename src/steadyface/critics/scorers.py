"""Classifiers as scores of attributes that are linear in an edit's strength."""

from collections.abc import Callable, Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from steadyface.critics.age_gender import AgeGender
from steadyface.critics.attributes import Attributes
from steadyface.critics.expression import EXPRESSIONS, Expression
from steadyface.critics.lpips import Lpips

Scorer = Callable[[Tensor], Mapping[str, Tensor]]
"""Crops (N, 3, R, R) in [-1, 1] -> scores (N,) by attribute. Scores are linear in an edit's strength: log-odds, not
probabilities. Any linear classifier on descriptors of the crops can be a scorer."""

LOG_ODDS = frozenset({*EXPRESSIONS, "male", "eyeglasses", "sunglasses", "beard"})
"""The scores that are clamped where a classifier is certain."""
_SURE = 0.0025
_AGE_FLOOR, _SCORE_FLOOR = 2.0, 0.5


def log_odds(probability: Tensor) -> Tensor:
    """log(p / (1 - p)), with p clamped to [0.0025, 0.9975]. Beyond that a classifier is certain, and larger log-odds
    mean nothing more."""
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
    """Log-odds of each of the network's labels, clamped as by `log_odds`."""

    def score(images: Tensor) -> dict[str, Tensor]:
        return dict(zip(network.labels, log_odds(network(images).sigmoid()).unbind(1), strict=True))

    return score


def scorer_of(attribute: str, lpips: Lpips) -> Scorer | None:
    """The scorer that measures an attribute, on the device of ``lpips`` (AlexNet); None if there is none.

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


def floor_of(attribute: str) -> float:
    """The smallest change, in years or log-odds, that counts as an edit of this attribute."""
    return _AGE_FLOOR if attribute == "age" else _SCORE_FLOOR


def room_of(attribute: str, before: NDArray[np.float64], rises: bool) -> float:
    """How far a clip's mean score can still rise or fall: log-odds up to their clamp, years and others without limit.

    ``before`` (T,) are the clip's scores without the edit.
    """
    if attribute not in LOG_ODDS:
        return float("inf")
    end = float(np.log((1 - _SURE) / _SURE))
    return end - float(before.mean()) if rises else end + float(before.mean())
