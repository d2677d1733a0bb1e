"""Settings of phases 1 and 2: what can be chosen, and why one would."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Objective:
    """What is asked of a batch of frames; both phases minimise it."""

    size: int
    """Side in pixels at which flow, masks and losses are computed; smaller frames are left as they are."""
    partners: Literal["anchor", "anchor+neighbours"]
    """Pairs of a step: the drawn frame with the anchor, or also with the frame beside it in time."""
    sharpness: float
    """The visibility is exp(-sharpness * error in pixels)."""
    agreement: float | None
    """A pair is compared only where its two *input* frames agree under the flow: the difference, in [-1, 1]
    units, at which the weight has fallen to 1/e. None, as in the paper, compares everywhere."""
    fused: bool
    """Whether the perceptual difference mask is added to the visibility (in-domain edits)."""
    edited_frames: Literal["current", "start"]
    """Whose difference to the input is the perceptual mask: the frames as they are (paper), or as they were when the
    phase began. With the first, an edit that fades shrinks its own mask, so that L_M goes on to erase it."""
    pixel_weight: float
    """Weight of the colour difference in the photometric loss; LPIPS hardly sees low frequencies."""
    flow_error_weight: float
    """lambda_eps: weight of the flow's consistency error; only a flow on current frames can lower it."""
    outside_weight: float
    """lambda_M of eq. 5: weight of staying as wanted (`Consistency.wanted`) where nothing was edited."""
    outside_power: float
    """Power of the mask's complement in eq. 6; 1 in the paper, 4 in the released code."""
    outside_gain: float
    """Factor on the perceptual difference mask before it is clamped to [0, 1]; 1 in the paper."""
    wanted_weight: float
    """Weight of each frame's LPIPS to what is wanted of it, everywhere; 0 in the paper."""
    texture_weight: float
    """Weight of the squared difference to the phase's beginning in what is finer than colour: a checkerboard of a level
    or two, which neither LPIPS nor blurred colours see; 0 in the paper."""
    unexplained_weight: float
    """Weight of the same distance where the pair is not compared, as a mean over only that: what keeps a blink and a
    mouth that opens as they were edited; 0 in the paper."""
    closeup_weight: float
    """Weight of the same distance of eyes and mouth, enlarged; 0 in the paper."""


@dataclass(frozen=True)
class Phase1:
    """The codes' refinement through an MLP (section 3.3, eqs. 2-4)."""

    objective: Objective
    epochs: int
    """An epoch draws each frame but the anchor once; with none the phase is left out."""
    rate: float
    """Learning rate of Adam, for the MLP's weights."""
    ramped: bool
    """Whether the rate rises at the beginning and falls to zero at the end, instead of being constant."""
    alpha: float
    """Scale of the residual in eq. 2."""
    centred: bool
    """Whether the MLP sees how each code differs from the clip's mean, instead of the code itself as in the paper: of
    codes that are nearly equal, the differences are what tells a flickering frame from its neighbours."""
    residual_weight: float
    """lambda_rf of eq. 3."""


@dataclass(frozen=True)
class Phase2:
    """The generator's tuning (section 3.3, eqs. 5-8)."""

    objective: Objective
    epochs: int
    """An epoch draws each frame but the anchor once; with none the phase is left out."""
    least_steps: int
    """Steps for clips so short that their epochs have fewer."""
    rate: float
    """Learning rate of Adam, for the generator's weights."""
    ramped: bool
    """Whether the rate rises at the beginning and falls to zero at the end, instead of being constant."""
    locality_weight: float
    """lambda_r of eq. 5; 0 spares the images that the regularisation needs."""
    locality_lpips: float
    """Weight of LPIPS inside eq. 7."""
    locality_pixels: float
    """Weight of the mean squared difference inside eq. 7: lambda_l2^r."""
    locality_distance: float
    """alpha_interp: how far from the frame's code eq. 7 looks, as a Euclidean distance in W+."""
    trained_below: int | None
    """Train only the layers that act below this many pixels; None trains the whole synthesis network."""


Wanted = Literal["input", "input+change", "direct"]


@dataclass(frozen=True)
class Averaging:
    """A last step against flicker, on the finished pictures."""

    reach: int = 2
    """How many frames on either side. On sbia1a with eyeglasses, whose rims jitter by parts of a pixel, E went from
    1.41 times the input's to 1.10; 3 brought 1.07 there. More frames blur; see `carries`."""
    sharpness: float = 3.0
    """Of the visibility. The paper's 10 doubts two thirds of a pixel that misses by a tenth: E 1.13."""
    shades: float = 0.05
    """A change of less than this, in [-1, 1] units, tints the input, whose own grain stays."""
    covers: float = 0.2
    """A change of more hides it. The rims on lbax4n, 5 % of the crop, had 1.9 times the error of what they cover."""
    strokes: float = 0.5
    """Sharpness of the visibility with which strokes are carried on from the anchor."""
    agreement: float | None = None
    """Scale of the `agreement` that inputs must have to be averaged, in [-1, 1] units; None asks for none."""
    carries: bool = False
    """Whether what is finer than colours, and was lost, is carried on from the anchor: strokes, strands, wrinkles."""
    interpolation: Literal["bilinear", "bicubic"] = "bilinear"
    """How it is carried. Of sbia1a's age bicubic left 1.04 of the fine detail and bilinear .92, for .69 and .66 times
    the input's error."""
    likeness: float | None = None
    """Scale of the `agreement` that the pictures must have, too: a hinge that sticks out before a wall moves with the
    head, and the input's flow there is the wall's. None asks for none."""
    mouths: bool = True
    """Whether mouths are averaged, too. Over many frames they open less: .72 instead of .90 as far as sbia1a's under
    `angry`, teeth being lost."""


@dataclass(frozen=True)
class Consistency:
    """Both phases."""

    flow: Literal["current", "input"]
    """Flow on the current generated pair, in the graph (paper), or once on the input frames (ours)."""
    wanted: Wanted
    """What a frame should look like by itself: the input, where nothing was edited (paper), the input plus what the
    edit changes on the person, or the direct edit (for styles). With the first, L_M takes back an edit as diffuse as
    grey hair; the second also gives back what the inversion missed of the input, a blink for one."""
    reach: int
    """How many frames on either side the change, or the direct edit, is averaged over, along the flow; 0 leaves it."""
    phase1: Phase1
    phase2: Phase2
