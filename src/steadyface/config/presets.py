"""The presets by name, and what they change for some edits."""

from dataclasses import replace
from typing import Any, Literal

from steadyface.baselines.settings import DeepVideoPrior, Smoothing
from steadyface.config.phases import (
    DEFAULT,
    DEFAULT_OUT_OF_DOMAIN,
    FAST,
    FAST_OUT_OF_DOMAIN,
    OFFICIAL,
    OFFICIAL_EYEGLASSES,
    OFFICIAL_OUT_OF_DOMAIN,
    PAPER,
    PAPER_EYEGLASSES,
    PAPER_OUT_OF_DOMAIN,
    PHASE1_ONLY,
    PHASE2_ONLY,
)
from steadyface.config.settings import Preset
from steadyface.errors import InputError
from steadyface.inversion.settings import (
    ADAPTATION,
    INDEPENDENT,
    PTI,
    FullSizeTuning,
    Keyframes,
    PivotalTuning,
    Refinement,
)
from steadyface.stitching.settings import Compositing, Stitching
from steadyface.temporal.settings import Averaging

_PASTED = Compositing(background="generated")
_UNSTITCHED = Stitching(epochs=0)

PRESETS = {
    "default": Preset("default", DEFAULT, averaging=Averaging(), stitching=_UNSTITCHED),
    "fast": Preset(
        "fast",
        FAST,
        Refinement(replace(Keyframes(), most=8), common_steps=50, steps_per_frame=6),
        PivotalTuning(epochs=1.5, least_steps=45),
        replace(ADAPTATION, epochs=1.0, least_steps=25),
        Stitching(epochs=0),
        averaging=Averaging(),
        full_size=FullSizeTuning(steps=12),
    ),
    "paper": Preset("paper", PAPER, compositing=_PASTED),
    "official": Preset("official", OFFICIAL, compositing=_PASTED),
    "phase1": Preset("phase1", PHASE1_ONLY, compositing=_PASTED),
    "phase2": Preset("phase2", PHASE2_ONLY, compositing=_PASTED),
    "direct": Preset("direct", None, stitching=_UNSTITCHED, compositing=_PASTED),
    "latent-transformer": Preset(
        "latent-transformer",
        None,
        adaptation=None,
        stitching=_UNSTITCHED,
        compositing=_PASTED,
        editing="latent-transformer",
    ),
    "smooth": Preset("smooth", Smoothing(), compositing=_PASTED),
    "dvp": Preset("dvp", DeepVideoPrior(), stitching=_UNSTITCHED, compositing=_PASTED),
    "stit": Preset(
        "stit",
        None,
        tuning=PivotalTuning(
            every_frame=True, least_steps=150, l2=10.0, closeup=0.0, texture=0.0, edit_weight=0.0, local_weight=0.0
        ),
        adaptation=None,
        compositing=_PASTED,
    ),
    "pti": Preset("pti", None, tuning=PTI, adaptation=None, stitching=_UNSTITCHED, compositing=_PASTED),
}
"""Ours: default, fast. The paper's method: as printed, as released, and either phase alone (table 3). Baselines: direct
editing, the Latent Transformer (Yao et al. 2021: direct editing by a network), smoothed codes, Deep Video Prior, STIT
(Tzaban et al. 2022: pivotal tuning, smoothed alignment, stitching), PTI (Roich et al. 2021: direct editing after tuning
at its published length)."""

Kind = Literal["codes", "eyeglasses", "style"]
"""What is edited: codes in general, codes with only eyeglasses, or the generator (style)."""

_OURS_STYLE = {"stitching": Stitching(epochs=0)}
"""A style ends at the person's outline, so that there is no seam to stitch."""

OVERRIDES: dict[tuple[str, Kind], dict[str, Any]] = {
    ("paper", "eyeglasses"): {"stabilisation": PAPER_EYEGLASSES},
    ("official", "eyeglasses"): {"stabilisation": OFFICIAL_EYEGLASSES},
    ("phase1", "eyeglasses"): {"stabilisation": replace(PHASE1_ONLY, phase1=PAPER_EYEGLASSES.phase1)},
    ("default", "style"): {"stabilisation": DEFAULT_OUT_OF_DOMAIN, **_OURS_STYLE},
    ("fast", "style"): {"stabilisation": FAST_OUT_OF_DOMAIN, **_OURS_STYLE},
    ("paper", "style"): {"stabilisation": PAPER_OUT_OF_DOMAIN},
    ("official", "style"): {"stabilisation": OFFICIAL_OUT_OF_DOMAIN},
    ("phase1", "style"): {"stabilisation": replace(PAPER_OUT_OF_DOMAIN, phase2=PHASE1_ONLY.phase2)},
    ("phase2", "style"): {"stabilisation": replace(PAPER_OUT_OF_DOMAIN, phase1=PHASE2_ONLY.phase1)},
}
"""What a preset changes for some edits."""

INVERSIONS: dict[str, dict[str, Any]] = {"joint": {}, "independent": {"refinement": INDEPENDENT}}
"""The whole clip together, or each frame's code by itself as in the paper."""


def preset_for(name: str, kind: Kind = "codes", inversion: str = "joint") -> Preset:
    """The preset of that name, as it is for a kind of edits and an inversion. Raises `InputError` if unknown."""
    if name not in PRESETS:
        raise InputError(f"unknown preset '{name}'; known: {', '.join(PRESETS)}")
    if inversion not in INVERSIONS:
        raise InputError(f"unknown inversion '{inversion}'; known: {', '.join(INVERSIONS)}")
    return replace(PRESETS[name], **OVERRIDES.get((name, kind), {}), **INVERSIONS[inversion])
