"""A preset: every constant of a run, as frozen dataclasses. Each field's docstring gives the reason for its value."""

from dataclasses import dataclass, field
from typing import Literal

from steadyface.baselines.settings import DeepVideoPrior, Smoothing
from steadyface.consistency.settings import Phase1, Phase2
from steadyface.editing.settings import Calibration, LipPreservation, Masking
from steadyface.faces.settings import Alignment
from steadyface.inversion.settings import ADAPTATION, FullSizeTuning, PivotalTuning, Refinement
from steadyface.stitching.settings import Compositing, Stitching
from steadyface.temporal.settings import Averaging, Target


@dataclass(frozen=True)
class Consistency:
    """The method: its flow, its target and its two phases."""

    flow: Literal["current", "input"]
    """Flow of the current images, estimated in every step with a gradient (paper), or once of the input (ours)."""
    drawn: Literal["frames", "keyframes"]
    """What the pairs are drawn among: all frames (paper), or the keyframes (ours), whose number does not grow with the
    clip."""
    target: Target
    phase1: Phase1
    phase2: Phase2


Stabilisation = Consistency | Smoothing | DeepVideoPrior | None
"""How flicker is removed: by the method, by a baseline, or not at all."""


@dataclass(frozen=True)
class Preset:
    """All constants of a run."""

    name: str
    stabilisation: Stabilisation
    refinement: Refinement = field(default_factory=Refinement)
    tuning: PivotalTuning = field(default_factory=PivotalTuning)
    adaptation: PivotalTuning | None = ADAPTATION
    """A further tuning on the requested overlays (`Effect.overlay`); None leaves it out."""
    stitching: Stitching = field(default_factory=Stitching)
    compositing: Compositing = field(default_factory=Compositing)
    averaging: Averaging | None = None
    """A mean of the finished pictures over time, against the flicker that the phases leave."""
    full_size: FullSizeTuning = field(default_factory=FullSizeTuning)
    """How the large generator is taught what it draws of large faces, if pictures are averaged."""
    editing: Literal["directions", "latent-transformer"] = "directions"
    """What edits the codes: our directions, or the networks of a baseline."""
    alignment: Alignment = field(default_factory=Alignment)
    masking: Masking = field(default_factory=Masking)
    calibration: Calibration = field(default_factory=Calibration)
    lips: LipPreservation = field(default_factory=LipPreservation)
    fade: float = 0.25
    """Seconds in which an edit comes and goes where its face does."""
