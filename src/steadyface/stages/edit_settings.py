"""Settings of the stages after the inversion, read from a job and its preset. Importing it doesn't import torch."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Self

from steadyface.baselines.settings import DeepVideoPrior, Smoothing
from steadyface.config.curve import Curve
from steadyface.config.job import FrameRange, Job
from steadyface.config.settings import Consistency, Preset
from steadyface.consistency.settings import Phase1, Phase2
from steadyface.editing.card import Effect
from steadyface.editing.settings import Calibration, LipPreservation, Masking
from steadyface.gan.models import WEIGHTS, resolution_of
from steadyface.inversion.settings import PivotalTuning
from steadyface.runtime.files import FileContent
from steadyface.stages.settings import Networks, RequestedEdit, networks, requested_edits
from steadyface.stitching.extension import wide_side
from steadyface.stitching.settings import Compositing, Preservation, Stitching
from steadyface.temporal.settings import Averaging, Target, TargetKind


@dataclass(frozen=True)
class Adapt:
    """Settings of `invert.adapt`."""

    adaptation: PivotalTuning
    masking: Masking
    preservation: Preservation
    overlays: tuple[RequestedEdit, ...]
    seed: int

    @classmethod
    def of(cls, job: Job, preset: Preset) -> Self | None:
        """None if no edit is an overlay, or the preset does not adapt."""
        overlays = tuple(edit for edit in requested_edits(job, preset) if edit.effect.overlay and not edit.style)
        if preset.adaptation is None or not overlays:
            return None
        return cls(preset.adaptation, preset.masking, preset.compositing.preservation, overlays, job.seed)


@dataclass(frozen=True)
class Calibrate:
    """Settings of `edit.calibrate`."""

    edits: tuple[RequestedEdit, ...]
    calibration: Calibration
    masking: Masking
    preservation: Preservation
    networks: Networks
    classifiers: FileContent

    @classmethod
    def of(cls, job: Job, preset: Preset) -> Self:
        """The settings for a job and a preset."""
        edits, used = requested_edits(job, preset), networks("face-expression", "face-age-gender")
        classifiers = FileContent(WEIGHTS / "attributes.safetensors")
        return cls(edits, preset.calibration, preset.masking, preset.compositing.preservation, used, classifiers)


@dataclass(frozen=True)
class Edit:
    """Settings of `edit.apply`."""

    edits: tuple[RequestedEdit, ...]
    lips: LipPreservation
    masking: Masking
    preservation: Preservation

    @classmethod
    def of(cls, job: Job, preset: Preset) -> Self:
        """The settings for a job and a preset."""
        return cls(requested_edits(job, preset), preset.lips, preset.masking, preset.compositing.preservation)


@dataclass(frozen=True)
class Smooth:
    """Settings of `stabilise.smooth`."""

    smoothing: Smoothing

    @classmethod
    def of(cls, job: Job, preset: Preset) -> Self | None:
        """None unless the preset is the baseline that smooths codes."""
        return cls(preset.stabilisation) if isinstance(preset.stabilisation, Smoothing) else None


@dataclass(frozen=True)
class TargetFrames:
    """Settings of `stabilise.scene`."""

    target: Target
    current_flow: bool
    """Whether the flow is estimated on the current pictures, as in the paper, instead of the input frames."""
    keyframes: bool
    """Whether pairs are drawn among the keyframes, instead of all frames."""
    effects: tuple[Effect, ...]
    masking: Masking
    networks: Networks

    @classmethod
    def of(cls, job: Job, preset: Preset) -> Self | None:
        """None unless the preset stabilises with phases 1 and 2."""
        method = preset.stabilisation
        if not isinstance(method, Consistency):
            return None
        effects = tuple(each.effect for each in requested_edits(job, preset))
        current = method.flow == "current"
        masking, keyframes = preset.masking, method.drawn == "keyframes"
        return cls(method.target, current, keyframes, effects, masking, networks(*(["spynet"] if current else [])))


@dataclass(frozen=True)
class FirstPhase:
    """Settings of `stabilise.refine_codes`."""

    phase1: Phase1
    keyframes: bool
    seed: int

    @classmethod
    def of(cls, job: Job, preset: Preset) -> Self | None:
        """None if it has no epochs."""
        method = preset.stabilisation
        if not isinstance(method, Consistency) or not method.phase1.epochs:
            return None
        return cls(method.phase1, method.drawn == "keyframes", job.seed)


@dataclass(frozen=True)
class SecondPhase:
    """Settings of `stabilise.tune_generator`."""

    phase2: Phase2
    keyframes: bool
    seed: int

    @classmethod
    def of(cls, job: Job, preset: Preset) -> Self | None:
        """None if it has no epochs."""
        method = preset.stabilisation
        if not isinstance(method, Consistency) or not method.phase2.epochs:
            return None
        return cls(method.phase2, method.drawn == "keyframes", job.seed)


@dataclass(frozen=True)
class Outline:
    """Settings of `outlines.outlines`."""

    source: FileContent
    frames: FrameRange
    size: int
    """Side of the crops in px."""
    wide: int
    """Side of the wide crops, px of the same size."""
    networks: Networks

    @classmethod
    def of(cls, job: Job, preset: Preset) -> Self:
        """The settings for a job and a preset."""
        size = resolution_of(job.model)
        wide = wide_side(size, preset.compositing.extension)
        return cls(FileContent(job.source), job.frames, size, wide, networks("person-mask"))


@dataclass(frozen=True)
class Compose:
    """Settings of `compose.compose`."""

    effects: tuple[Effect, ...]
    cut_out: bool
    """Whether the edit ends at the person's outline in each frame. Styles do, since they also change the background's
    colour, and edits of hair, which the generator draws wider than it is."""
    masking: Masking
    compositing: Compositing

    @classmethod
    def of(cls, job: Job, preset: Preset) -> Self:
        """The settings for a job and a preset."""
        edits = requested_edits(job, preset)
        effects = tuple(each.effect for each in edits)
        cut_out = any(each.style or each.effect.extends_past_crop for each in edits)
        return cls(effects, cut_out, preset.masking, preset.compositing)


@dataclass(frozen=True)
class Stitch:
    """Settings of `compose.stitch`."""

    stitching: Stitching
    seed: int

    @classmethod
    def of(cls, job: Job, preset: Preset) -> Self | None:
        """None if it has no epochs."""
        return cls(preset.stitching, job.seed) if preset.stitching.epochs > 0 else None


@dataclass(frozen=True)
class Average:
    """Settings of `finish.averager`. The averaging itself is given by its callers."""

    target: TargetKind | None
    """None: nothing is averaged."""
    smoothness: float
    effects: tuple[Effect, ...]
    masking: Masking
    preservation: Preservation

    @classmethod
    def of(cls, job: Job, preset: Preset) -> Self:
        """The settings for a job and a preset."""
        method = preset.stabilisation
        kind = method.target.kind if isinstance(method, Consistency) else None
        effects = tuple(each.effect for each in requested_edits(job, preset))
        smoothness = preset.averaging.smoothness if preset.averaging else 0.0
        return cls(kind, smoothness, effects, preset.masking, preset.compositing.preservation)


@dataclass(frozen=True)
class Lips:
    """Settings of `finish.preserve_lips`."""

    edits: tuple[RequestedEdit, ...]
    lips: LipPreservation
    masking: Masking
    preservation: Preservation

    @classmethod
    def of(cls, job: Job, preset: Preset) -> Self | None:
        """None unless an edit is a style, which draws the inversion's mouth, not the input's; None without averaging,
        for the other methods."""
        edits, preservation = requested_edits(job, preset), preset.compositing.preservation
        if preset.averaging is None or not any(each.style for each in edits):
            return None
        return cls(edits, preset.lips, preset.masking, preservation)


@dataclass(frozen=True)
class Prior:
    """Settings of `stabilise.deep_video_prior`."""

    prior: DeepVideoPrior
    seed: int
    networks: Networks

    @classmethod
    def of(cls, job: Job, preset: Preset) -> Self | None:
        """None unless the preset is this baseline."""
        method = preset.stabilisation
        return cls(method, job.seed, networks("lpips-vgg")) if isinstance(method, DeepVideoPrior) else None


@dataclass(frozen=True)
class Render:
    """Settings of `render.render`."""

    source: FileContent
    frames: FrameRange
    edits: tuple[RequestedEdit, ...]
    averaging: Averaging | None
    preset: str
    codec: str
    layer: bool
    sound: bool
    rate: Fraction | None
    curve: Curve | None
    part: bool
    preview: float
    fade: float

    @classmethod
    def of(cls, job: Job, preset: Preset) -> Self:
        """The settings for a job and a preset."""
        return cls(
            FileContent(job.source), job.frames, requested_edits(job, preset), preset.averaging, preset.name,
            job.codec, job.layer, job.sound, job.rate, job.curve, job.part, job.preview, preset.fade,
        )  # fmt: skip

    @property
    def moves(self) -> bool:
        """Whether one of the edits changes the face itself, and does not only lie on it."""
        return not all(each.effect.overlay or each.style for each in self.edits)
