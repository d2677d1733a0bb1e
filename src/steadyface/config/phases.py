"""The constants of phases 1 and 2: as printed in the paper, as in its released code, and ours."""

from dataclasses import replace

from steadyface.config.settings import Consistency
from steadyface.consistency.settings import Objective, Phase1, Phase2
from steadyface.temporal.settings import Averaging, Target

_PRINTED = Objective(
    size=256,
    partners="anchor",
    sharpness=10.0,
    input_consistency=None,
    fused=True,
    edited_frames="current",
    pixel_weight=0.0,
    flow_error_weight=10.0,
    unedited_weight=0.0,
    unedited_power=1.0,
    unedited_gain=1.0,
    target_weight=0.0,
    texture_weight=0.0,
    unexplained_weight=0.0,
    closeup_weight=0.0,
)

_INPUT = Target("input", size=256, averaging=None)

PAPER = Consistency(
    flow="current",
    drawn="frames",
    target=_INPUT,
    phase1=Phase1(
        _PRINTED, epochs=10, learning_rate=0.05, ramped=False, alpha=0.04, centred=False, residual_weight=0.1
    ),
    phase2=Phase2(
        replace(_PRINTED, unedited_weight=7.5),
        epochs=5,
        learning_rate=1e-4,
        ramped=False,
        locality_weight=200.0,
        locality_lpips=0.1,
        locality_pixels=0.1,
        locality_distance=30.0,
        trained_below=None,
    ),
)
"""Sections 3.2-3.3 and 4.3, in-domain edits. Where the paper is silent (lambda_M, the two weights inside L_r,
alpha_interp, the size) the values are those of the authors' published code."""

PAPER_EYEGLASSES = replace(PAPER, phase1=replace(PAPER.phase1, alpha=0.12))
"""Section 4.3: alpha is 0.12 for eyeglasses and 0.04 for all other edits."""

PHASE1_ONLY = replace(PAPER, phase2=replace(PAPER.phase2, epochs=0))
PHASE2_ONLY = replace(PAPER, phase1=replace(PAPER.phase1, epochs=0))
"""The ablation of table 3."""

_PRINTED_STYLE = replace(_PRINTED, fused=False)
PAPER_OUT_OF_DOMAIN = Consistency(
    flow="current",
    drawn="frames",
    target=_INPUT,
    phase1=replace(PAPER.phase1, objective=_PRINTED_STYLE, epochs=5, learning_rate=0.005),
    phase2=replace(PAPER.phase2, objective=_PRINTED_STYLE, learning_rate=8e-4, trained_below=128),
)
"""Section 4.2 and eq. 8: no perceptual mask, and the last eight layers (128 to 1024 px) frozen."""

_RELEASED = replace(_PRINTED, sharpness=5.0, unedited_weight=0.5, unedited_power=4.0)
OFFICIAL = Consistency(
    flow="current",
    drawn="frames",
    target=_INPUT,
    phase1=Phase1(
        _RELEASED, epochs=10, learning_rate=1e-3, ramped=False, alpha=0.04, centred=False, residual_weight=0.2
    ),
    phase2=replace(PAPER.phase2, objective=replace(_RELEASED, unedited_weight=7.5), epochs=3, locality_weight=100.0),
)
"""The command and the constants that were released with the paper.

Its plain mistakes are left out: LPIPS of images in [0, 255], shrinking without antialiasing, a warp that isn't the
identity at zero flow, an anchor image that phase 1 never updates, masks that carry a gradient, and mappers that start
at random.
"""

OFFICIAL_OUT_OF_DOMAIN = replace(
    OFFICIAL,
    phase1=replace(OFFICIAL.phase1, objective=replace(_RELEASED, fused=False), epochs=5, learning_rate=0.005),
    phase2=replace(
        OFFICIAL.phase2,
        objective=replace(_RELEASED, fused=False, unedited_weight=0.0),
        epochs=5,
        learning_rate=8e-4,
        locality_weight=200.0,
    ),
)
"""The released code's settings for styles, with which that code doesn't run. They freeze no layer."""

OFFICIAL_EYEGLASSES = replace(OFFICIAL, phase1=replace(OFFICIAL.phase1, alpha=0.05))
"""The released code's alpha for eyeglasses."""

_OURS = Objective(
    size=256,
    partners="anchor+neighbours",
    sharpness=1.0,
    input_consistency=0.06,
    fused=False,
    edited_frames="start",
    pixel_weight=3.0,
    flow_error_weight=0.0,
    unedited_weight=1.0,
    unedited_power=1.0,
    unedited_gain=8.0,
    target_weight=0.3,
    texture_weight=20.0,
    unexplained_weight=2.0,
    closeup_weight=0.5,
)

OURS = Consistency(
    flow="input",
    drawn="keyframes",
    target=Target("input+change", size=256, averaging=Averaging()),
    phase1=Phase1(_OURS, epochs=1, learning_rate=0.2, ramped=True, alpha=0.12, centred=True, residual_weight=0.0),
    phase2=Phase2(
        _OURS,
        epochs=2,
        learning_rate=4e-4,
        ramped=True,
        locality_weight=0.0,
        locality_lpips=0.1,
        locality_pixels=0.1,
        locality_distance=30.0,
        trained_below=None,
    ),
)
"""Both phases, as we would run them. No flow network runs in the loop, and consecutive frames are compared, too.
Consistency is asked only where the input itself is consistent. Elsewhere each frame is compared with its own direct
edit, which also regularises the generator, instead of random nearby codes."""


def _without_phases(method: Consistency) -> Consistency:
    return replace(method, phase1=replace(method.phase1, epochs=0), phase2=replace(method.phase2, epochs=0))


DEFAULT = _without_phases(OURS)
"""For edits of codes. Codes that follow from the landmarks do not flicker, and averages in the anchor's coordinates
make the edit steady. On a moving head with a beard, measured by hand (`docs/experiments.md`), phases took the warping
error from 1.16 to 1.12 of the input's, but .08 of the beard's strength, and a third of the run's time.
`benchmarks/trials.py --trials default "both phases"` compares them on any clip."""

_OURS_STYLE = replace(_OURS, unedited_weight=0.0, target_weight=1.0)
DEFAULT_OUT_OF_DOMAIN = replace(
    OURS,
    target=replace(OURS.target, kind="direct"),
    phase1=replace(OURS.phase1, objective=_OURS_STYLE),
    phase2=replace(OURS.phase2, objective=_OURS_STYLE, trained_below=128),
)
"""For styles, which change the whole picture: frames are compared with the direct edit, averaged along the flow."""


FAST = DEFAULT
FAST_OUT_OF_DOMAIN = replace(
    DEFAULT_OUT_OF_DOMAIN,
    phase1=replace(DEFAULT_OUT_OF_DOMAIN.phase1, epochs=0),
    phase2=replace(DEFAULT_OUT_OF_DOMAIN.phase2, epochs=1),
)
"""For a preview: less is learnt (`config.presets`), and a style's second phase is shorter."""
