"""Constants of targets and averages over neighbouring frames."""

from dataclasses import dataclass
from typing import Literal

TargetKind = Literal["input", "input+change", "direct"]


@dataclass(frozen=True)
class Target:
    """What each frame should look like by itself: the target of the phases."""

    kind: TargetKind
    """The input, where nothing was edited (paper); the input plus what the edit changes on the person; or the direct
    edit (for styles). With the first, L_M removes an edit as diffuse as grey hair. The second also restores what the
    inversion missed of the input, such as a blink."""
    radius: int
    """The change, or the direct edit, is averaged along the flow over this many frames on either side; 0: over none."""
    size: int
    """Side in pixels at which it is averaged; smaller frames are left as they are."""
    sharpness: float
    """Sharpness of the visibility that weights the frames."""


@dataclass(frozen=True)
class Averaging:
    """A last step against flicker, on the finished pictures."""

    radius: int = 2
    """Number of frames on either side. On sbia1a with eyeglasses, whose rims jitter by fractions of a pixel, the
    warping error fell from 1.41 times the input's to 1.10, and to 1.07 with radius 3. More frames blur; see
    `carries_detail`."""
    sharpness: float = 3.0
    """Sharpness of the visibility. With the paper's 10, a flow error of 0.1 px costs a pixel two thirds of its weight,
    and the warping error was 1.13 times the input's."""
    opacity_none: float = 0.05
    """A smaller change, in [-1, 1] units, tints the input and leaves its grain."""
    opacity_full: float = 0.2
    """A larger change hides the input. The rims on lbax4n, 5 % of the crop, had 1.9 times the warping error of what
    they cover."""
    detail_sharpness: float = 0.5
    """Sharpness of the visibility with which high-frequency detail is carried over from the anchor."""
    input_consistency: float | None = None
    """Scale of the inputs' `photometric_consistency`, in [-1, 1] units: only frames whose inputs agree are averaged.
    None averages all."""
    carries_detail: bool = False
    """Whether high-frequency detail that the average lost is carried over from the anchor: strokes, strands of hair,
    wrinkles."""
    interpolation: Literal["bilinear", "bicubic"] = "bilinear"
    """How the detail is warped. For `age` on sbia1a, bicubic kept 1.04 of the fine detail and bilinear .92, at .69 and
    .66 times the input's warping error."""
    output_consistency: float | None = None
    """Scale of the `photometric_consistency` of the pictures themselves: the hinge of eyeglasses before a wall moves
    with the head, but the input's flow there is the wall's. None averages all."""
    mouths: bool = True
    """Whether mouths are averaged, too. Averages over many frames open them less: under `angry`, .72 instead of .90 of
    sbia1a's opening, and teeth were lost."""
