"""The method from top to bottom: a job in, a folder with the result out. The stages are `stages.stage_list.STAGES`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from steadyface.config.job import FrameRange, Job, check, preset_of
from steadyface.config.settings import Preset
from steadyface.critics.lpips import Lpips
from steadyface.editing.catalogue import Request
from steadyface.gan.load import load_generator
from steadyface.report.curves import LossLog
from steadyface.report.page import write_report
from steadyface.runs import manifest
from steadyface.runs.run import Run
from steadyface.runtime.determinism import settle_vector_math
from steadyface.runtime.device import choose_device
from steadyface.runtime.memory import keep_freed_memory
from steadyface.runtime.optimise import Watcher, both
from steadyface.runtime.time_left import Expect
from steadyface.stages.context import StageContext
from steadyface.stages.edit import already_worn, code_edits
from steadyface.stages.render import VIDEOS
from steadyface.stages.runner import run_stages
from steadyface.stages.settings import requested_edits
from steadyface.stages.stage_list import STAGES


@dataclass(frozen=True)
class Result:
    """The files of a result."""

    folder: Path
    edited: Path
    direct: Path
    compare: Path
    frames: int
    notes: tuple[str, ...] = ()
    """What the user should know, a line each."""


def edit_video(
    source: str | Path,
    edits: list[str],
    out: str | Path,
    *,
    preset: str | Preset = "default",
    model: str = "mobile-ffhq-256",
    frames: FrameRange = (0, None),
    face: int | None = None,
    seed: int = 0,
    device: str = "auto",
    inversion: str = "joint",
    encoder: str = "",
    landmarks: str | Path | None = None,
    size: int | None = None,
    codec: str = "auto",
    layer: bool = False,
    sound: bool = True,
    rate: float | Fraction | None = None,
    reuse: str | Path | None = None,
    watch: Watcher | None = None,
    announce: Callable[[str], None] = lambda _: None,
) -> Result:
    """Edit a face in a video, or in a folder of pictures. The same call with the same ``out`` resumes where it stopped.

    ``edits`` are names with an optional strength, ``["eyeglasses", "age:0.5"]``. ``reuse`` is the folder of an earlier
    run of the same clip, whose inversion is taken. ``landmarks`` is a ``.npy`` file of another program's landmarks or
    crops, used for the alignment (`steadyface.faces.external_landmarks`). ``size`` is the side in px at which the face
    is drawn, one of `SIZES`; as large as it is in the frames if not given. ``codec``, ``layer``, ``sound`` and ``rate``
    are those of `config.job.Job`. ``preset`` is the name of one of `PRESETS`, or a `Preset`. ``watch`` is called after
    every step and frame, ``announce`` with the name of every stage that begins.
    Raises `steadyface.errors.SteadyfaceError`.
    """
    requests = tuple(Request.parse(text) for text in edits)
    name, constants = (preset, None) if isinstance(preset, str) else (preset.name, preset)
    external = Path(landmarks) if landmarks else None
    job = Job(
        Path(source),
        requests,
        name,
        model,
        frames,
        face,
        seed,
        device,
        inversion,
        encoder,
        external,
        size,
        codec,
        layer,
        sound,
        None if rate is None else Fraction(str(rate)),
    )
    reused = [Path(reuse)] if reuse else []
    return run_checked(job, Path(out), reuse=reused, preset=constants, watch=watch, announce=announce)


def run_checked(
    job: Job,
    out: Path,
    *,
    reuse: Sequence[Path] = (),
    preset: Preset | None = None,
    watch: Watcher | None = None,
    announce: Callable[[str], None] = lambda _: None,
    expect: Expect | None = None,
    patience_seconds: float = 0.0,
) -> Result:
    """Check a job, open and lock its folder, and run it. Commands, the browser interface and batches all use this.

    ``reuse`` are folders of earlier runs whose finished stages are taken. ``expect`` is told of the stages that will be
    made and what each costs, for an estimate of the time left (`runtime.time_left`). If another process is writing
    into ``out``, this waits for it up to ``patience_seconds``. Raises `steadyface.errors.SteadyfaceError`.
    """
    notes = check(job, out, reuse)
    run = Run.open(out, announce=announce, reuse=reuse)
    with run.locked(patience_seconds):
        result = run_job(job, run, preset=preset, watch=watch, expect=expect)
    return replace(result, notes=notes + result.notes)


def run_job(
    job: Job, run: Run, *, preset: Preset | None = None, watch: Watcher | None = None, expect: Expect | None = None
) -> Result:
    """Run all stages of a job that passed `check`. ``preset`` replaces the one that the job names."""
    keep_freed_memory()
    settle_vector_math()
    preset = preset or preset_of(job)
    run.manifest |= manifest.begin(job, preset)
    device = choose_device(job.device)
    generator, lpips = load_generator(job.model).to(device), Lpips("alex").to(device)
    context = StageContext(run, generator, lpips, both(LossLog(run.folder), watch))
    made = run_stages(STAGES, context, job, preset, expect)
    if not run.path("report.html").exists():
        write_report(run.folder)
    edited, direct, compare = map(run.path, VIDEOS)
    notes = already_worn(code_edits(requested_edits(job, preset)), made["calibrate"])
    return Result(run.folder, edited, direct, compare, made["render"], notes)
