"""The method from top to bottom: a job in, a folder with the result out. The stages are `stages.stage_list.STAGES`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

from steadyface.clip.segments import Segments
from steadyface.config.job import FrameRange, Job, check, edits_of_people, jobs_of_people, preset_of, requests_of
from steadyface.config.settings import Preset
from steadyface.critics.lpips import Lpips
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
from steadyface.stages.combine import COMBINED, combine
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
    preview: float = 0.0,
    reuse: str | Path | None = None,
    watch: Watcher | None = None,
    announce: Callable[[str], None] = lambda _: None,
) -> Result:
    """Edit a face in a video, or in a folder of pictures. The same call with the same ``out`` resumes where it stopped.

    ``edits`` are names with an optional strength, ``["eyeglasses", "age:0.5"]``, or those of several people, by
    number, ``["1:eyeglasses", "2:age:0.5"]`` (`run_people`). ``reuse`` is the folder of an earlier run of the clip,
    whose inversion is taken. ``landmarks`` is a ``.npy`` file of another program's landmarks or crops, used for the
    alignment (`steadyface.faces.external_landmarks`). ``size`` is the side in px at which the face is drawn, one of
    `SIZES`; as large as it is in the frames if not given. ``codec``, ``layer``, ``sound``, ``rate`` and ``preview``
    are those of `config.job.Job`.
    ``preset`` is the name of one of `PRESETS`, or a `Preset`. ``watch`` is called after every step and frame,
    ``announce`` with the name of every stage that begins. Raises `steadyface.errors.SteadyfaceError`.
    """
    people = edits_of_people(edits)
    requests, curve = requests_of([] if people else edits)
    name, constants = (preset, None) if isinstance(preset, str) else (preset.name, preset)
    external = Path(landmarks) if landmarks else None
    job = Job(
        Path(source), requests, name, model, frames, face, seed, device, inversion, encoder, external, size,
        codec=codec, layer=layer, sound=sound, rate=None if rate is None else Fraction(str(rate)), preview=preview,
        curve=curve,
    )  # fmt: skip
    reused = [Path(reuse)] if reuse else []
    how: Any = {"reuse": reused, "preset": constants, "watch": watch, "announce": announce}
    return run_people(job, people, Path(out), **how) if people else run_checked(job, Path(out), **how)


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


def run_people(
    job: Job,
    people: Mapping[int, Sequence[str]],
    out: Path,
    *,
    reuse: Sequence[Path] = (),
    preset: Preset | None = None,
    watch: Watcher | None = None,
    announce: Callable[[str], None] = lambda _: None,
    expect: Expect | None = None,
    patience_seconds: float = 0.0,
) -> Result:
    """Edit several people of one video: each in a run of its own in ``out/person-N``, then all together in ``out``.

    ``people`` gives the edits by the number that `Job.face` counts; the other arguments are those of `run_checked`. All
    is checked before the first run.
    """
    jobs = jobs_of_people(job, people)
    folders = {n: out / f"person-{n}" for n in jobs}
    for n, one in jobs.items():
        check(one, folders[n], reuse)
    run = Run.open(out, announce=announce)
    with run.locked(patience_seconds):
        notes = dict[str, None]()
        for n, one in jobs.items():
            earlier = [each for folder in reuse for each in (folder / folders[n].name, folder)]
            made = run_checked(
                one,
                folders[n],
                reuse=[each for each in earlier if (each / "state").is_dir()],
                preset=preset,
                watch=watch,
                announce=partial(_announce, announce, n),
                expect=expect,
            )
            notes |= dict.fromkeys(made.notes)
        frames = combine(run, jobs, folders, watch)
    edited, compare = map(run.path, COMBINED)
    return Result(out, edited, folders[min(folders)] / "direct.mp4", compare, frames, tuple(notes))


def elsewhere(segments: Segments, total: int) -> tuple[str, ...]:
    """A line if the person is not in all frames."""
    if len(segments) == total:
        return ()
    shots, parts = max(segments.shots) + 1, len(segments.ranges)
    return (
        f"the face is in {len(segments)} of {total} frames ({shots} {'shot' if shots == 1 else 'shots'}, {parts} "
        f"{'part' if parts == 1 else 'parts'}); the others stay as they are",
    )


def _announce(announce: Callable[[str], None], number: int, stage: str) -> None:
    announce(f"person {number}: {stage}")


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
    notes += elsewhere(made["align"].segments, made["render"])
    return Result(run.folder, edited, direct, compare, made["render"], notes)
