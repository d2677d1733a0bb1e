"""Presets: every constant of a run, as frozen dataclasses; the reasons are beside the fields they are of."""

from dataclasses import dataclass, field, replace
from typing import Literal

from steadyface.baselines.settings import DeepVideoPrior, Smoothing
from steadyface.consistency.presets import (
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
from steadyface.consistency.settings import Averaging, Consistency
from steadyface.errors import InputError
from steadyface.inversion.settings import ADAPTATION, INDEPENDENT, PTI, PivotalTuning, Refinement
from steadyface.stitching.settings import Stitching

INVERSIONS = ("joint", "independent")
"""The whole clip together, or each frame's code by itself as in the paper."""

Remedy = Consistency | Smoothing | DeepVideoPrior | None
"""What is done against the flicker: the method, a baseline, or nothing."""


@dataclass(frozen=True)
class Preset:
    """All constants of a run."""

    name: str
    remedy: Remedy
    refinement: Refinement = field(default_factory=Refinement)
    tuning: PivotalTuning = field(default_factory=PivotalTuning)
    adaptation: PivotalTuning | None = ADAPTATION
    """A further tuning, on those of the edits asked for that lie on the face; None leaves it out."""
    stitching: Stitching = field(default_factory=Stitching)
    averaging: tuple[Averaging, ...] = ()
    """What the phases leave of flicker is averaged away in the finished pictures, along the input's flow, one averaging
    after another."""
    editing: Literal["directions", "latent-transformer"] = "directions"
    """What edits the codes: our directions, or the networks of a baseline."""


_PASTED = Stitching(around="generated")
_UNSTITCHED = Stitching(epochs=0, around="generated")

SHORT = Averaging()
"""Over few frames: what is drawn stays as fine as it was."""

DRAWN = Averaging(reach=12, agreement=0.06, carries=True)
"""Of styles: their strokes are carried on from one frame, so that averages over more frames lose nothing. They are over
those only whose mouth is as open: the agreement of the inputs is asked for."""

LONG = replace(DRAWN, interpolation="bicubic", likeness=0.15, mouths=False)
"""After the short one: rims, wrinkles and shades, which are steady from frame to frame by then, still drift."""

TWICE, HAIR = (SHORT, LONG), (replace(SHORT, carries=True), LONG)
"""Of edits of codes. Those that draw hair get strands for which a mean of few frames is grey already."""

PRESETS = {
    "default": Preset("default", DEFAULT, averaging=TWICE),
    "fast": Preset(
        "fast",
        FAST,
        Refinement(common_steps=80, steps_per_frame=6),
        PivotalTuning(epochs=1.5, least_steps=70),
        replace(ADAPTATION, epochs=1.0, least_steps=50),
        Stitching(epochs=0),
        averaging=TWICE,
    ),
    "paper": Preset("paper", PAPER, stitching=_PASTED),
    "official": Preset("official", OFFICIAL, stitching=_PASTED),
    "phase1": Preset("phase1", PHASE1_ONLY, stitching=_PASTED),
    "phase2": Preset("phase2", PHASE2_ONLY, stitching=_PASTED),
    "direct": Preset("direct", None, stitching=_UNSTITCHED),
    "latent-transformer": Preset(
        "latent-transformer", None, adaptation=None, stitching=_UNSTITCHED, editing="latent-transformer"
    ),
    "smooth": Preset("smooth", Smoothing(), stitching=_PASTED),
    "dvp": Preset("dvp", DeepVideoPrior(), stitching=_UNSTITCHED),
    "stit": Preset(
        "stit",
        None,
        tuning=PivotalTuning(l2=10.0, closeup=0.0, texture=0.0, edit_weight=0.0, local_weight=0.0),
        adaptation=None,
        stitching=_PASTED,
    ),
    "pti": Preset("pti", None, tuning=PTI, adaptation=None, stitching=_UNSTITCHED),
}
"""Ours: default, fast. The paper's method: as printed, as released, and either phase alone (table 3). Baselines: direct
editing, the Latent Transformer (Yao et al. 2021: direct editing by a network), smoothed codes, Deep Video Prior, STIT
(Tzaban et al. 2022: pivotal tuning, smoothed alignment, stitching), PTI (Roich et al. 2021: direct editing after tuning
at its published length)."""

_EYEGLASSES: dict[str, Remedy] = {
    "paper": PAPER_EYEGLASSES,
    "official": OFFICIAL_EYEGLASSES,
    "phase1": replace(PHASE1_ONLY, phase1=PAPER_EYEGLASSES.phase1),
}

_STYLES: dict[str, Consistency] = {
    "default": DEFAULT_OUT_OF_DOMAIN,
    "fast": FAST_OUT_OF_DOMAIN,
    "paper": PAPER_OUT_OF_DOMAIN,
    "official": OFFICIAL_OUT_OF_DOMAIN,
    "phase1": replace(PAPER_OUT_OF_DOMAIN, phase2=PHASE1_ONLY.phase2),
    "phase2": replace(PAPER_OUT_OF_DOMAIN, phase1=PHASE2_ONLY.phase1),
}


def preset_for(
    name: str, edits: tuple[str, ...], inversion: str = "joint", *, style: bool = False, hair: bool = False
) -> Preset:
    """The preset of that name, for edits of codes, with or without one that draws ``hair``, or for a ``style``.

    The paper has its own constant for eyeglasses. Raises `InputError` if unknown.
    """
    if name not in PRESETS:
        raise InputError(f"unknown preset '{name}'; known: {', '.join(PRESETS)}")
    if inversion not in INVERSIONS:
        raise InputError(f"unknown inversion '{inversion}'; known: {', '.join(INVERSIONS)}")
    preset = PRESETS[name]
    if style:
        preset = replace(preset, remedy=_STYLES.get(name, preset.remedy), averaging=preset.averaging and (DRAWN,))
        if preset.stitching.around == "input":  # it ends at the person's outline, which is no seam
            preset = replace(preset, stitching=replace(preset.stitching, epochs=0))
    elif hair:
        preset = replace(preset, averaging=preset.averaging and HAIR)
    elif edits == ("eyeglasses",):
        preset = replace(preset, remedy=_EYEGLASSES.get(name, preset.remedy))
    return replace(preset, refinement=INDEPENDENT) if inversion == "independent" else preset
