"""Settings of the stages of the inversion, read from a job and its preset, and what all stages' settings share.

Importing it doesn't import torch.
"""

from dataclasses import dataclass
from typing import Self

from steadyface.config.job import FrameRange, Job, edit_file, sizes_of
from steadyface.config.settings import Preset
from steadyface.editing import catalogue
from steadyface.editing.card import Effect
from steadyface.editing.settings import Masking
from steadyface.faces.settings import Alignment
from steadyface.gan.models import W_SPACE, WEIGHTS, file_of, resolution_of, w_space_of
from steadyface.inversion import settings as inversion
from steadyface.inversion.encoders import encoder_file
from steadyface.inversion.settings import FullSizeTuning, PivotalTuning, Refinement
from steadyface.runtime.files import FileContent
from steadyface.stitching.settings import Preservation
from steadyface.zoo import CARDS


@dataclass(frozen=True)
class Networks:
    """Pinned weights by name, and their hashes."""

    sha256: dict[str, str]


def networks(*names: str) -> Networks:
    """The registry's networks of these names."""
    return Networks({name: CARDS[name].source.sha256 for name in names})


@dataclass(frozen=True)
class RequestedEdit:
    """A requested edit, with the file that it is made from."""

    request: catalogue.Request
    content: catalogue.EditContent | FileContent
    effect: Effect
    style: bool
    """Whether it changes the generator instead of the codes."""
    network: bool
    """Whether it is made by the networks of a baseline, the Latent Transformer."""


def requested_edits(job: Job, preset: Preset) -> tuple[RequestedEdit, ...]:
    """A job's edits, in the order in which they were requested."""
    found = []
    for request in job.edits:
        path, card = edit_file(request, preset), catalogue.read_card(catalogue.find(request))
        ours = path.suffix == ".safetensors"
        content = catalogue.EditContent(path) if ours else FileContent(path)
        effect = catalogue.read_card(path).effect if ours else card.effect
        found.append(RequestedEdit(request, content, effect, bool(card.model), preset.editing == "latent-transformer"))
    return tuple(found)


@dataclass(frozen=True)
class Align:
    """Settings of `align.follow`."""

    source: FileContent
    frames: FrameRange
    face: int | None
    landmarks: FileContent | None
    size: int
    alignment: Alignment
    networks: Networks

    @classmethod
    def of(cls, job: Job, preset: Preset) -> Self:
        """The settings for a job and a preset."""
        landmarks = FileContent(job.landmarks) if job.landmarks else None
        used = networks("face-detector-short", "face-detector-full", "face-mesh", "face-recognition", "shot-boundaries")
        size = resolution_of(job.model)
        return cls(FileContent(job.source), job.frames, job.face, landmarks, size, preset.alignment, used)


@dataclass(frozen=True)
class Crop:
    """Settings of `align.cut_out`."""

    source: FileContent
    frames: FrameRange
    size: int

    @classmethod
    def of(cls, job: Job, preset: Preset) -> Self:
        """The settings for a job and a preset."""
        return cls(FileContent(job.source), job.frames, resolution_of(job.model))


@dataclass(frozen=True)
class Person:
    """Settings of `align.find_person`."""

    networks: Networks
    occlusion: FileContent
    """The network that tells what is in front of the face."""
    source: FileContent

    @classmethod
    def of(cls, job: Job, preset: Preset) -> Self:
        """The settings for a job and a preset."""
        return cls(networks("person-mask"), FileContent(WEIGHTS / "occlusion.safetensors"), FileContent(job.source))


@dataclass(frozen=True)
class Keyframes:
    """Settings of `invert.keyframes`."""

    keyframes: inversion.Keyframes | None

    @classmethod
    def of(cls, job: Job, preset: Preset) -> Self:
        """The settings for a job and a preset."""
        return cls(preset.refinement.keyframes)


@dataclass(frozen=True)
class Refine:
    """Settings of `invert.refine`."""

    model: str
    own_model: FileContent | None
    """An imported generator, or the head that was trained for an embedded one."""
    encoder: FileContent | None
    """None: the shipped encoder is used."""
    shipped_encoder: FileContent
    refinement: Refinement
    seed: int
    networks: Networks

    @classmethod
    def of(cls, job: Job, preset: Preset) -> Self:
        """The settings for a job and a preset."""
        path = file_of(job.model) or WEIGHTS / f"{job.model}-head.safetensors"
        own = FileContent(path) if path.exists() else None
        encoder = FileContent(encoder_file(job.encoder)) if job.encoder else None
        shipped = FileContent(WEIGHTS / "encoder-mobile-ffhq.safetensors")
        used = networks("mobile-ffhq", "lpips-alex")
        return cls(job.model, own, encoder, shipped, preset.refinement, job.seed, used)


@dataclass(frozen=True)
class Tune:
    """Settings of `invert.tune`."""

    tuning: PivotalTuning
    masking: Masking
    preservation: Preservation
    preserved_edits: tuple[catalogue.EditContent, ...]
    """Edits that must still work on the tuned generator: all that ship, if they are for its W space."""
    seed: int

    @classmethod
    def of(cls, job: Job, preset: Preset) -> Self:
        """The settings for a job and a preset."""
        fit = w_space_of(job.model) == W_SPACE
        shipped = sorted(catalogue.SHIPPED.glob("*.safetensors")) if fit else []
        preserved = preset.compositing.preservation
        return cls(preset.tuning, preset.masking, preserved, tuple(map(catalogue.EditContent, shipped)), job.seed)


@dataclass(frozen=True)
class Large:
    """Settings of `full_size.cut_out`."""

    source: FileContent
    frames: FrameRange
    learnt: int
    """Side in px of the pictures that the clip is learnt with."""
    sizes: tuple[int, ...]
    """Sides in px at which the result may be drawn; the face in the frames decides. Empty: only as it is learnt."""

    @classmethod
    def of(cls, job: Job, preset: Preset) -> Self:
        """The settings for a job and a preset."""
        return cls(FileContent(job.source), job.frames, resolution_of(job.model), sizes_of(job, preset))


@dataclass(frozen=True)
class Detail:
    """Settings of `full_size.learn`."""

    tuning: FullSizeTuning
    seed: int
    networks: Networks

    @classmethod
    def of(cls, job: Job, preset: Preset) -> Self:
        """The settings for a job and a preset."""
        return cls(preset.full_size, job.seed, networks("mobile-ffhq", "lpips-alex"))
