"""Constants of the inversion."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Keyframes:
    """Which frames of a clip a person is learnt on, and how the codes of all others follow from these."""

    least: int = 8
    """Minimum number of keyframes."""
    most: int = 16
    """Maximum number: the cost of the inversion, however long the clip is."""
    reach: float = 0.5
    """No more are added when every frame is this close to one, in standard deviations of the face's motion."""
    ridge: float = 0.1
    """Strength of the ridge regression of codes on landmarks. Cross-validation between codes asks for ten times as
    much, and mouths then open less."""


@dataclass(frozen=True)
class Refinement:
    """W+ refinement of the keyframes of a clip, from the encoder's codes."""

    keyframes: Keyframes | None = Keyframes()
    """None: each frame is one, and no code follows from others."""
    common_steps: int = 80
    """Steps on one offset that all frames share, over frames drawn at random: the person, the light, the hair."""
    steps_per_frame: int = 8
    """Steps on each keyframe's own offset: pose, mouth, eyes."""
    motions: int = 8
    """How many principal motions of the landmarks have a direction of their own in the codes."""
    motion_scale: float = 0.03
    """Scale of those directions. All frames add to their gradient, so that they need far smaller steps than the
    offsets."""
    common_learning_rate: float = 0.03
    """Adam's rate for the shared offset. On one face, .03 with a ramp reached LPIPS .032 in 250 steps."""
    learning_rate: float = 0.02
    """Adam's rate for the offsets of the frames."""
    l2: float = 0.5
    """Weight of the mean squared error beside LPIPS."""
    closeup: float = 1.0
    """Weight of LPIPS on eyes and mouth, enlarged: lips and lids are small in the whole crop."""
    spread: float = 0.004
    """Weight of the variance between the rows of a code, in units of W's variance: W+ codes far from W break edits."""
    distance: float = 0.001
    """Weight of the squared distance from the mean, in the same units."""
    motion_side: int = 32
    """Rows that act up to this side differ from frame to frame. Rows above it carry colour and texture: they are the
    same in the whole clip, so that they can't flicker."""


INDEPENDENT = Refinement(keyframes=None, motions=0, common_steps=0, steps_per_frame=48, motion_side=1024)
"""Each frame's code by itself: nothing is shared."""


@dataclass(frozen=True)
class PivotalTuning:
    """Tuning of the generator on a clip (Roich et al. 2021), regularised locally and along the edits."""

    every_frame: bool = False
    """Whether all frames are learnt from, instead of the keyframes."""
    epochs: float = 4.0
    """Passes over these frames."""
    least_steps: int = 90
    """Minimum number of steps. In `default` and `fast`, keyframes are fewer, so that this is the number."""
    learning_rate: float = 4e-4
    """Adam's rate for all synthesis weights."""
    l2: float = 4.0
    """Weight of the mean squared error beside LPIPS."""
    closeup: float = 1.0
    """Weight of LPIPS on eyes and mouth, enlarged."""
    texture: float = 10.0
    """Weight of the squared high-pass difference: LPIPS hardly sees a fine pattern of dots."""
    edit_weight: float = 1.3
    """Weight of the edits' term: plain tuning weakens edits."""
    edit_strengths: tuple[float, float] = (0.5, 1.4)
    """The edits are drawn at strengths between these."""
    edit_seen: tuple[float, float] = (0.01, 0.05)
    """`change_mask`'s limits for what an edit changes. Ageing changes skin a little everywhere: with a lower limit of
    .03 the target itself had .41 of the years on a GRID clip; with these limits it has .72."""
    real_every: int = 1
    """The frames' own term is computed in every step of this many, and weighs as much more."""
    edit_every: int = 2
    """The edits' term is computed in every step of this many."""
    local_weight: float = 0.1
    """Weight of LPIPS and L2 of the local regularisation (paper, eq. 7; Roich et al., section 3.3)."""
    local_distance: float = 30.0
    """alpha_interp: how far from the pivot, towards a random code (released code; the paper is silent)."""
    local_every: int = 4
    """The local term is computed in every step of this many."""


@dataclass(frozen=True)
class FullSizeTuning:
    """Teaching a larger generator what its layers alone can draw of a clip."""

    steps: int = 24
    """On a keyframe each, without and with the edit. After 24, s29's rims have their colour and no step is seen."""
    learning_rate: float = 2e-3
    """Adam's rate for the weights."""
    offset_scale: float = 10.0
    """Scale of the offset of codes: a code's unit is far larger than a weight's."""
    l2: float = 10.0
    """Weight of the mean squared error beside LPIPS."""


PTI = PivotalTuning(
    every_frame=True,
    epochs=200.0,
    least_steps=350,
    learning_rate=3e-4,
    l2=1.0,
    closeup=0.0,
    texture=0.0,
    edit_weight=0.0,
    local_every=1,
)
"""As published: 350 steps on a picture (Roich et al. 2021, whose regularisation is off unless asked for), 200 passes
over a clip with the regularisation of eq. 7 at every step (released code)."""

ADAPTATION = PivotalTuning(
    epochs=1.5, least_steps=28, real_every=3, edit_every=1, edit_strengths=(1.0, 1.0), local_weight=0.0
)
"""A second, short tuning on the requested overlays only. The first tuning shares its steps among all shipped edits: on
two GRID clips eyeglasses had thin, pale rims, and .70 of the log-odds of the tuning's own target. 80 such steps reached
all of the log-odds, and brought the frames closer, too (LPIPS .011 -> .007)."""
