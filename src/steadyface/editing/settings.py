"""Constants of an edit's masks, of the calibration of its strength, and of lip preservation."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Masking:
    """Where edits may change a clip; lengths are fractions of the crop's side."""

    softness: float = 0.08
    """Width of a region's soft edge, inside its box."""
    inside: float = -0.01
    """Dilation of the face's outline for an edit that moves the jaw (`Effect.outline` "inside"); negative: it ends
    within the outline."""
    margin: float = 0.06
    """Dilation of the face's outline for `Effect.outline` "margin": wide enough for a beard's lower edge."""


@dataclass(frozen=True)
class Calibration:
    """The search for the strength at which an edit has its nominal effect on a clip."""

    least: float = 0.7
    """The smallest factor on the requested strength."""
    most: float = 1.25
    """The largest factor if the effect is measured in a classifier's log-odds. A larger one draws something else: at
    1.8, a woman's eyeglasses were sunglasses, which the classifier, already certain, scored even higher."""
    most_years: float = 1.8
    """The largest factor if the effect is measured in years, a scale that doesn't saturate."""
    tolerance: float = 0.03
    """The relative error of the effect at which the search ends."""
    loss: float = 0.05
    """The fraction of an edit that phases 1 and 2 lose; it is added beforehand."""
    trials: int = 4
    """Maximum number of factors that are tried."""


@dataclass(frozen=True)
class LipPreservation:
    """The search, on the keyframes, for codes whose lips are as far apart as before the edit."""

    rounds: int = 5
    """How often the openings are measured and the codes corrected."""
    most: float = 2.0
    """The largest strength of the direction; beyond it the picture is no face any more."""
    slope: float = 0.15
    """First estimate of how far the direction opens the mouth at strength 1. Later estimates are limited to a third of
    it up to four times it."""
    slope_doubt: float = 1e-3
    """Weight of that first estimate. A measured slope weighs as much as the square of the step it was measured on."""
    ridge: float = 0.1
    """Strength of the ridge regression of the corrections on the landmarks, as in `inversion.settings.Keyframes`: they
    are found on the keyframes, and the mesh jitters."""
