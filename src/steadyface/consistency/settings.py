"""Settings of phases 1 and 2, with the reasons for their values."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Objective:
    """The loss on a batch of frames, which both phases minimise."""

    size: int
    """Side in pixels at which flow, masks and losses are computed; smaller frames are left as they are."""
    partners: Literal["anchor", "anchor+neighbours"]
    """Pairs of a step: the drawn frame with the anchor, or also with the frame beside it in time."""
    sharpness: float
    """The visibility is exp(-sharpness * error in pixels)."""
    input_consistency: float | None
    """Scale of the inputs' `photometric_consistency`, in [-1, 1] units: a pair is compared only where the flow explains
    one *input* frame by the other. At a difference of this scale the weight is 1/e. None (paper): everywhere."""
    fused: bool
    """Whether the perceptual difference mask is added to the visibility (in-domain edits)."""
    edited_frames: Literal["current", "start"]
    """Which frames the perceptual difference mask is made from: the current ones (paper), or those at the start of the
    phase. With the current ones, an edit that fades shrinks its own mask, and L_M then erases more of it."""
    pixel_weight: float
    """Weight of the colour difference in the photometric loss; LPIPS hardly sees low frequencies."""
    flow_error_weight: float
    """lambda_eps: weight of the flow's consistency error. It has a gradient only if the flow is that of the current
    frames."""
    unedited_weight: float
    """lambda_M of eq. 5: weight of staying at the target where nothing was edited."""
    unedited_power: float
    """Power of the mask's complement in eq. 6; 1 in the paper, 4 in the released code."""
    unedited_gain: float
    """Factor on the perceptual difference mask before it is clamped to [0, 1]; 1 in the paper."""
    target_weight: float
    """Weight of each frame's LPIPS to its target, everywhere; 0 in the paper."""
    texture_weight: float
    """Weight of the squared high-pass difference from the start of the phase; 0 in the paper. It prevents a
    checkerboard of one or two grey levels, which neither LPIPS nor blurred colours see."""
    unexplained_weight: float
    """Weight of the LPIPS to the target where the pair is not compared, as a mean over that region; 0 in the paper. It
    keeps a blink, or a mouth that opens, as it was edited."""
    closeup_weight: float
    """Weight of the LPIPS to the target on enlarged eyes and mouth; 0 in the paper."""


@dataclass(frozen=True)
class Phase1:
    """Refinement of the codes by an MLP (section 3.3, eqs. 2-4)."""

    objective: Objective
    epochs: int
    """An epoch draws each frame but the anchor once; 0 leaves the phase out."""
    learning_rate: float
    """Learning rate of Adam, for the MLP's weights."""
    ramped: bool
    """Whether the rate rises at the beginning and falls to zero at the end, instead of being constant."""
    alpha: float
    """Scale of the residual in eq. 2."""
    centred: bool
    """Whether the MLP is given each code minus the clip's mean code, instead of the code itself (paper). The codes of a
    clip are nearly equal: only their differences tell a flickering frame from its neighbours."""
    residual_weight: float
    """lambda_rf of eq. 3."""


@dataclass(frozen=True)
class Phase2:
    """Tuning of the generator (section 3.3, eqs. 5-8)."""

    objective: Objective
    epochs: int
    """An epoch draws each frame but the anchor once; 0 leaves the phase out."""
    learning_rate: float
    """Learning rate of Adam, for the generator's weights."""
    ramped: bool
    """Whether the rate rises at the beginning and falls to zero at the end, instead of being constant."""
    locality_weight: float
    """lambda_r of eq. 5; at 0 the images of eq. 7 are not synthesised."""
    locality_lpips: float
    """Weight of LPIPS inside eq. 7."""
    locality_pixels: float
    """Weight of the mean squared difference inside eq. 7: lambda_l2^r."""
    locality_distance: float
    """alpha_interp: Euclidean distance in W+ from the frame's code to the code of eq. 7."""
    trained_below: int | None
    """Train only the layers that act below this many pixels; None trains the whole synthesis network."""
