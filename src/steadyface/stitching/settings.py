"""Constants of phase 3."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from steadyface.editing.parts import Part


@dataclass(frozen=True)
class Stitching:
    """Stitching tuning (Tzaban et al. 2022) and the paste-back."""

    epochs: float = 1.0
    """Passes over the frames of the tuning; 0 leaves it out."""
    rate: float = 2e-4
    """Adam's rate for all synthesis weights."""
    border_weight: float = 2.0
    """Weight of the seam: the picture there becomes the input's."""
    content_weight: float = 1.0
    """Weight of the inside: the picture there stays the edited one."""
    forehead: float = 0.35
    """How far the face's outline is raised above the mesh, as a part of brow to mesh top."""
    dilation: float = 0.04
    """By how much the outline is widened, as a part of the crop's side."""
    feather: float = 0.06
    """Width of the soft edge, as a part of the crop's side."""
    around: Literal["generated", "input"] = "input"
    """What the aligned result shows where the mask doesn't reach: what the generator drew, as the baselines and the
    paper have it, or the input's own pixels, which are what the video shows."""
    margin: float = 0.05
    """At the crop's own border the mask fades to nothing over this part of the side."""
    beyond: float = 0.4
    """How far from the crop's border, as a part of its side, what the edit changes there goes on, fading."""
    beyond_blur: tuple[float, float] = (0.06, 0.25)
    """Sigma of the Gaussian window that tells its colours, as a part of the side: at the border, and far off."""
    beyond_turns: float = 0.15
    """How far from the border the one has turned into the other, as a part of the side."""
    kept: Mapping[Part, tuple[float, float]] = field(
        default_factory=lambda: {"eyes": (0.2, 0.024), "irises": (0.05, 0.012), "mouth": (0.08, 0.04)}
    )
    """Where an edit leaves a part to the input: how far beyond its contour, as a part of its width, and the width of
    the mask's soft edge, as a part of the crop's side. Lids need some; the rims of eyeglasses are near."""
    shade_blur: float = 0.024
    """Sigma of the Gaussian that makes a shade of what the edit adds to such a part, as a part of the crop's side."""
