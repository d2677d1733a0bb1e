"""Constants of phase 3."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from steadyface.faces.parts import Part


@dataclass(frozen=True)
class Stitching:
    """Stitching tuning (Tzaban et al. 2022)."""

    epochs: float = 1.0
    """Passes over the frames; 0 leaves it out."""
    learning_rate: float = 2e-4
    """Adam's, for all synthesis weights."""
    border_weight: float = 2.0
    """Weight of the seam: the picture there becomes the input's."""
    content_weight: float = 1.0
    """Weight of the inside: the picture there stays the edited one."""


@dataclass(frozen=True)
class Preservation:
    """How parts of the face are taken from the input."""

    parts: Mapping[Part, tuple[float, float]] = field(
        default_factory=lambda: {"eyes": (0.2, 0.024), "irises": (0.05, 0.012), "mouth": (0.02, 0.02)}
    )
    """For each part: how far its mask extends beyond its contour, as a fraction of the part's width, and the width of
    the soft edge, as a fraction of the crop's side. An eye's mask must include the lids, but not the rims of eyeglasses
    near them, a mouth's not the moustache above it."""
    shade_blur: float = 0.024
    """Sigma of the Gaussian that blurs what the edit adds to such a part to a shade, as a fraction of the crop's
    side."""


@dataclass(frozen=True)
class Extension:
    """How an edit's colours continue past the crop; lengths are fractions of the crop's side."""

    width: float = 0.4
    """Distance at which the tone has faded to nothing."""
    blur: tuple[float, float] = (0.06, 0.25)
    """Sigmas of the Gaussian windows in which the tone is fitted: the one used at the border, and the one far from
    it."""
    turn: float = 0.15
    """Distance at which the first window's tone has turned into the second's."""
    least_change: float = 8 / 255
    """In [-1, 1] units, four grey levels. A smaller change at the border needs no extension."""
    least_variance: float = 0.002
    """Variance of colours, in [-1, 1] units, below which they count as one colour: the guided filter's epsilon."""
    most_mixing: float = 1.5
    """Largest distance of a mixture from the identity, as a Frobenius norm (turning all colours grey has 1.41). A
    larger one would be fitted to a few pixels."""
    cut_at: float = 0.5
    """The border cuts an edit where the edit's mask is at least this."""
    outline_ground: float = 1.0
    """How much of the soft edge of the person's mask counts as background. 1: its outer half, where a tone would look
    like a glow around the person."""


@dataclass(frozen=True)
class Compositing:
    """What of the edited crop is pasted into the frame; lengths are fractions of the crop's side."""

    background: Literal["generated", "input"] = "input"
    """What the aligned result shows outside the mask: the generator's picture, as in the paper and the baselines, or
    the input, which is what the video shows."""
    forehead: float = 0.35
    """How far the face's outline is raised above the mesh, as a fraction of the distance from brows to mesh top."""
    dilation: float = 0.04
    """By how much the outline is widened."""
    feather: float = 0.06
    """Width of the soft edge."""
    change_none: float = 0.03
    """A change up to this, in [-1, 1] units, doesn't count."""
    change_full: float = 0.12
    """From here on a change counts fully."""
    margin: float = 0.05
    """Width over which the mask fades to 0 at the crop's own border."""
    outline_ground: float = 0.5
    """As in `Extension`, for styles, which end at the person's outline. A smaller value would include a rim of the
    style's background."""
    outline_reach: float = 0.012
    """How far beyond it they may change a frame. Where an aged head is narrower than the person's, a line of the old
    outline would stay in front of the background."""
    core: float = -0.05
    """Dilation of the face's outline (negative: it is narrowed) inside which every pixel counts as the person."""
    preservation: Preservation = field(default_factory=Preservation)
    extension: Extension = field(default_factory=Extension)
