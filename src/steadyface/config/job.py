"""What a user asks for, and the checks that cost nothing; importing it doesn't import torch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from steadyface.baselines import latent_networks
from steadyface.config.curve import Curve, with_peaks
from steadyface.config.presets import Kind, preset_for
from steadyface.config.settings import Preset
from steadyface.editing import catalogue
from steadyface.errors import InputError
from steadyface.faces.external_landmarks import read_landmarks
from steadyface.gan.models import LARGER, MODELS, SIZES, SMALL, W_SPACE, resolution_of, w_space_of
from steadyface.inversion.encoders import encoder_file
from steadyface.video.codecs import STILLS, codec_named
from steadyface.video.info import probe
from steadyface.video.remarks import remarks
from steadyface.video.stills import openexr
from steadyface.video.survey import count_frames
from steadyface.video.transfer import is_high_range

FrameRange = tuple[int, int | None]
"""First frame, and the frame after the last (None: to the end)."""


MOST_RATE = 1000
"""Frames a second."""


@dataclass(frozen=True)
class Job:
    """Everything that a result depends on."""

    source: Path
    edits: tuple[catalogue.Request, ...]
    preset: str = "default"
    model: str = "mobile-ffhq-256"
    frames: FrameRange = (0, None)
    face: int | None = None
    """Number of the face, from 1, in the order of `faces.track.rank`; None takes the first."""
    seed: int = 0
    device: str = "auto"
    inversion: str = "joint"
    encoder: str = ""
    """An imported encoder to begin with; empty takes the one that ships."""
    landmarks: Path | None = None
    """Another program's 68-point landmarks or crops (`faces.external_landmarks`); None takes our own."""
    size: int | None = None
    """Side in px at which aligned pictures are drawn, one of `SIZES`; None: as large as the face in the frames asks."""

    codec: str = "auto"
    """Of `video.codecs.CODECS` or `STILLS`; "auto" is H.264, or HEVC for a video of more than 8 bits. ``edited.mp4``
    has it, or, if players don't know it, a file beside it. "png" and "exr" are a folder of pictures beside it."""
    layer: bool = False
    """Whether the edit is also written as a layer, for compositors."""
    sound: bool = True
    """Whether the result has the source's sound."""
    rate: Fraction | None = None
    """Frames a second, of a source that is a folder of pictures; None: 25."""
    preview: float = 0.0
    """Seconds of the result, from its middle, that are written first, as ``preview.mp4``."""
    curve: Curve | None = None
    """How the edits' strength changes over time; None: not at all."""
    part: bool = False
    """Whether it edits one of several people: its change of each frame is kept, for `stages.combine`."""

    def __post_init__(self) -> None:
        """A larger model is the small one, drawn at its size."""
        if self.model in LARGER:
            object.__setattr__(self, "size", MODELS[self.model])
            object.__setattr__(self, "model", SMALL)


def preset_of(job: Job) -> Preset:
    """The constants that a job asks for. Raises `InputError` for unknown names."""
    cards = [catalogue.read_card(catalogue.find(request)) for request in job.edits]
    kind: Kind = "codes"
    if any(card.model for card in cards):
        kind = "style"
    elif [request.name for request in job.edits] == ["eyeglasses"]:
        kind = "eyeglasses"
    return preset_for(job.preset, kind, job.inversion)


def only_small(job: Job, preset: Preset) -> str:
    """Why a job's pictures can't be drawn larger than the generator's; empty if they can."""
    styles = [request.name for request in job.edits if catalogue.read_card(catalogue.find(request)).model]
    if job.model != SMALL:
        return f"--model {job.model} has one size"
    if styles:
        return f"the style {styles[0]} is for pictures of {MODELS[SMALL]} px"
    return "" if preset.averaging else f"the preset {preset.name} works at {MODELS[SMALL]} px"


def sizes_of(job: Job, preset: Preset) -> tuple[int, ...]:
    """The sides at which the aligned pictures may be drawn, smallest first; none if only at the generator's own."""
    if only_small(job, preset):
        return ()
    return (job.size,) if job.size else SIZES


def edit_file(request: catalogue.Request, preset: Preset) -> Path:
    """The file that a preset makes an edit from. Raises `InputError` when there is none."""
    return latent_networks.find(request) if preset.editing == "latent-transformer" else catalogue.find(request)


def requests_of(texts: Sequence[str]) -> tuple[tuple[catalogue.Request, ...], Curve | None]:
    """A person's edits, and how their strength changes over time. Raises `InputError` for what can't be read."""
    plain, curve = with_peaks(texts)
    return tuple(map(catalogue.Request.parse, plain)), curve


def edits_of_people(texts: Sequence[str]) -> dict[int, tuple[str, ...]]:
    """Edits by the number of the person, of texts like ``2:age:0.6``; none if they name nobody.

    Raises `InputError` if only some do.
    """
    found = dict[int, tuple[str, ...]]()
    for text in texts:
        number, colon, rest = text.partition(":")
        if colon and number.isdigit():
            found[int(number)] = (*found.get(int(number), ()), rest)
    if found and sum(map(len, found.values())) < len(texts):
        raise InputError("some edits name a person and some don't; write each like 1:age:0.6")
    return found


def jobs_of_people(job: Job, people: Mapping[int, Sequence[str]]) -> dict[int, Job]:
    """A job for each person, by number, of their edits. Raises `InputError` if the job names a face itself."""
    if job.face is not None:
        raise InputError("--face chooses one person; leave it out where edits name theirs")
    jobs = dict[int, Job]()
    for number, texts in sorted(people.items()):
        edits, curve = requests_of(texts)
        jobs[number] = replace(job, edits=edits, curve=curve, face=number, part=True)
    return jobs


def parse_frames(text: str) -> FrameRange:
    """Read ``A:B``, ``A:`` or ``:B``. Raises `InputError` for anything else."""
    first, colon, last = text.partition(":")
    try:
        start, stop = int(first or 0), int(last) if last else None
    except ValueError:
        start, stop = -1, None
    if not colon or start < 0 or (stop is not None and stop <= start):
        raise InputError(f"'{text}' is not a range of frames; write it like 0:25")
    return start, stop


def check(job: Job, out: Path, reuse: Sequence[Path] = ()) -> tuple[str, ...]:
    """Refuse what is wrong before weights are fetched or a stage begins; returns what the user should know, in lines.

    Raises `InputError` for what `check_request` refuses, a source that is not a video, is damaged or lacks frames, an
    ``out`` that is a file, and a folder to ``reuse`` that no run has written.
    """
    check_look(job, out)
    for folder in reuse:
        if not (folder / "state").is_dir():
            raise InputError(f"--reuse {folder} is not the folder of an earlier run")
    if job.landmarks:
        read_landmarks(job.landmarks)
    count_frames(job.source, *job.frames)  # only decoding tells whether they are all there, and whole
    return remarks(job.source, job.codec, sound=job.sound, rate=job.rate)


def check_look(job: Job, out: Path) -> None:
    """The checks that take no time, for a look at one frame.

    Raises `InputError` for what `check_request` refuses, a source that is not a video, and an ``out`` that is a file.
    """
    check_request(job)
    if out.exists() and not out.is_dir():
        raise InputError(f"--out {out} is a file, not a folder")
    info = probe(job.source, job.rate)
    if job.layer and job.codec != "exr" and is_high_range(info.colour.trc):
        raise InputError(f"--layer: {job.source} has a high dynamic range; its layer is written with --codec exr")


def check_request(job: Job) -> None:
    """Refuse unknown names and numbers out of range, without reading the source. Raises `InputError`."""
    if not job.edits:
        raise InputError("no edit is given; `steadyface edits` lists them")
    for request in job.edits:
        wanted = catalogue.read_card(catalogue.find(request)).model
        if wanted and wanted != job.model:
            raise InputError(f"the style {request.name} is for --model {wanted}, not {job.model}")
    preset = preset_of(job)
    for request in job.edits:
        edit_file(request, preset)
    resolution_of(job.model)
    if job.size is not None and job.size not in SIZES:
        raise InputError(f"--size {job.size}: choose one of {', '.join(map(str, SIZES))}, or auto")
    if job.size not in (None, SIZES[0]) and (why := only_small(job, preset)):
        raise InputError(f"--size {job.size}: {why}; leave --size out")
    if job.codec == "exr":
        openexr()
    elif job.codec != "auto" and job.codec not in STILLS:
        codec_named(job.codec)
    if job.encoder:
        encoder_file(job.encoder)
    for request in job.edits:
        if w_space_of(job.model) != W_SPACE and edit_file(request, preset).parent == catalogue.SHIPPED:
            raise InputError(
                f"the edit {request.name} is not for the W space of --model {job.model}; give one of your own"
            )
    if job.face is not None and job.face < 1:
        raise InputError(f"--face {job.face}: faces are counted from 1")
    if job.preview < 0:
        raise InputError(f"--preview {job.preview:g}: give seconds, like 0.5")
    if job.rate is not None and not 0 < job.rate <= MOST_RATE:
        raise InputError(f"--rate {job.rate}: give frames a second, above 0 and up to {MOST_RATE}")
    if job.seed < 0:
        raise InputError(f"--seed {job.seed}: give 0 or more")
