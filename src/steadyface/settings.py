"""Presets: every constant of a run, as frozen dataclasses; the reasons are beside the fields they are of."""

from dataclasses import dataclass, field, replace

from steadyface.consistency.settings import DEFAULT, PAPER, PAPER_EYEGLASSES, Consistency
from steadyface.errors import InputError
from steadyface.inversion.settings import PivotalTuning, Refinement
from steadyface.stitching.settings import Stitching


@dataclass(frozen=True)
class Preset:
    """All constants of the method."""

    name: str
    consistency: Consistency
    refinement: Refinement = field(default_factory=Refinement)
    tuning: PivotalTuning = field(default_factory=PivotalTuning)
    stitching: Stitching = field(default_factory=Stitching)


PRESETS = {
    "default": Preset("default", DEFAULT),
    "paper": Preset("paper", PAPER),
    "fast": Preset(
        "fast",
        replace(
            DEFAULT,
            phase1=replace(DEFAULT.phase1, epochs=1),
            phase2=replace(DEFAULT.phase2, epochs=1, least_steps=60),
        ),
        Refinement(common_steps=80, steps_per_frame=6),
        PivotalTuning(epochs=2.0, least_steps=100),
        Stitching(epochs=0),
    ),
}


def preset_for(name: str, edits: tuple[str, ...]) -> Preset:
    """The preset of that name; the paper has its own constant for eyeglasses. Raises `InputError` if unknown."""
    if name not in PRESETS:
        raise InputError(f"unknown preset '{name}'; known: {', '.join(PRESETS)}")
    if name == "paper" and edits == ("eyeglasses",):
        return replace(PRESETS[name], consistency=PAPER_EYEGLASSES)
    return PRESETS[name]
