"""Constants of targets and averages over neighbouring frames."""

from dataclasses import dataclass
from typing import Literal

TargetKind = Literal["input", "input+change", "direct"]


@dataclass(frozen=True)
class Averaging:
    """A mean over frames in the anchor's coordinates, against flicker."""

    radius: int = 30
    """Number of frames on either side, a second or so: what the mean follows, such as light. Over 12, rims on a head
    that turns (s29) had 1.42 times the input's warping error ten frames apart, over 30 1.17."""
    detail: float = 0.016
    """Sigma of the Gaussian, as a fraction of the side, below which detail is the anchor's: wrinkles that the generator
    draws elsewhere in each frame are lost in a mean. With half of it an aged face on a head that turns (s29) kept .69
    of its change, with this .90, and its warping error rose from 1.26 to 1.36 times the input's."""
    every: int = 3
    """One frame of this many has a part in the mean: those between look the same."""
    reach: float = 0.008
    """How far a head may be turned from its anchor (`faces.motion.head_poses`) before another keyframe is an anchor,
    too: about five degrees. Rims in front of a cheek that turns away have no place in the picture of another pose: with
    one anchor s29 had two rims there, pale ones."""
    sharpness: float = 1.0
    """Sharpness of the visibility with which a frame counts at the anchor."""
    trust: float = 0.5
    """Sharpness of the visibility of the anchor in a frame, below which the frame keeps its own picture. With the
    paper's 10, a flow error of 0.1 px costs a pixel two thirds of its weight, and the frame's flicker stays."""
    seen: float = 0.3
    """From this share of its weight on, a mean counts fully."""
    smoothness: float = 0.03
    """Smoothness of the flow between a frame and the anchor: a Gaussian's sigma as a fraction of the side."""
    jitter_radius: int = 2
    """Number of frames on either side over which flows to the anchor are averaged, since each has errors of its own,
    and the pictures that stand where the anchor isn't seen."""
    jitter_sharpness: float = 3.0
    """Sharpness of the visibility in these means."""


@dataclass(frozen=True)
class Target:
    """What each frame should look like by itself: the target of the phases."""

    kind: TargetKind
    """The input, where nothing was edited (paper); the input plus what the edit changes on the person; or the direct
    edit (for styles). With the first, L_M removes an edit as diffuse as grey hair. The second also restores what the
    inversion missed of the input, such as a blink."""
    size: int
    """Side in pixels at which it is made; smaller frames are left as they are."""
    averaging: Averaging | None
    """How the change, or the direct edit, is averaged over the keyframes; None: it is not."""
