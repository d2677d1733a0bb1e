"""The method from top to bottom: the only place that knows both video and generators."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import reduce
from pathlib import Path

import torch
from torch import Tensor

from steadyface import manifest, shown
from steadyface.aligned import Aligned, align_clip
from steadyface.baselines import latent_networks
from steadyface.baselines.settings import DeepVideoPrior
from steadyface.consistency.flows import Frames
from steadyface.critics.lpips import Lpips
from steadyface.device import choose_device
from steadyface.editing import calibrate, catalogue, hold
from steadyface.editing.edit import CodeEdit, Edit
from steadyface.faces.align import SIGMAS
from steadyface.faces.mesh import FaceMesh
from steadyface.faces.motion import motion
from steadyface.files import digest
from steadyface.gan.base import Generator
from steadyface.gan.load import load_generator
from steadyface.gan.models import W_SPACE
from steadyface.inversion.encoders import encoder_file
from steadyface.inversion.guess import first_guess
from steadyface.inversion.refine import refine_codes, starting_codes
from steadyface.inversion.tuning import Survivor, tune_generator
from steadyface.job import FrameRange, Job, check, preset_of
from steadyface.memory import keep_freed_memory
from steadyface.mouths import with_mouths_held, with_mouths_held_again
from steadyface.optimise import Watcher, both
from steadyface.provenance import note
from steadyface.remedies import deep_video_prior, last_averaging, remedy, remedy_key
from steadyface.render import CUT_OUT, Restored, Seams, Synthesis, continued, probe_frames, render, write_videos
from steadyface.repeatable import settle_vector_math
from steadyface.report.curves import LossLog
from steadyface.report.page import write_report
from steadyface.run import Run, StageCheckpoint, Tensors
from steadyface.settings import Preset
from steadyface.shown import as_shown, parts_kept, where_edits_may, where_edits_show
from steadyface.stitching import beyond
from steadyface.stitching.tuning import stitch
from steadyface.tools import Tools
from steadyface.video.info import probe


@dataclass(frozen=True)
class Result:
    """Where the result lies."""

    folder: Path
    edited: Path
    direct: Path
    compare: Path
    frames: int


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
    reuse: str | Path | None = None,
    watch: Watcher | None = None,
    announce: Callable[[str], None] = lambda _: None,
) -> Result:
    """Edit a face in a video; the same call with the same ``out`` goes on where it stopped.

    ``edits`` are names with an optional strength, ``["eyeglasses", "age:0.5"]``. ``reuse`` is the folder of an earlier
    run of the same clip, whose inversion serves this one too. ``landmarks`` is a ``.npy`` file of another program's
    to align by (`steadyface.faces.given`). ``preset`` is one of `PRESETS`, by name, or made of it.
    ``watch`` sees every optimisation step, ``announce`` the name of every stage that begins. Raises
    `steadyface.errors.SteadyfaceError`.
    """
    requests = tuple(catalogue.Request.parse(text) for text in edits)
    name, constants = (preset, None) if isinstance(preset, str) else (preset.name, preset)
    given = Path(landmarks) if landmarks else None
    job = Job(Path(source), requests, name, model, frames, face, seed, device, inversion, encoder, given)
    earlier = Path(reuse) if reuse else None
    check(job, Path(out), earlier)
    run = Run.open(Path(out), announce=announce, reuse=[earlier])
    with run.locked():
        return run_job(job, run, preset=constants, watch=watch)


def run_job(job: Job, run: Run, *, preset: Preset | None = None, watch: Watcher | None = None) -> Result:
    """Run all stages of a job that `job.check` let pass; ``preset`` overrules the one that the job names."""
    keep_freed_memory()
    settle_vector_math()
    info = probe(job.source)
    preset = preset or preset_of(job)
    edits = code_edits(job, preset)
    styles = [catalogue.load_style(request) for request in job.edits if catalogue.is_style(request)]
    device = choose_device(job.device)
    generator = load_generator(job.model).to(device)
    tools = Tools(run, job, preset, generator, Lpips("alex").to(device), both(LossLog(run.folder), watch))
    run.manifest |= manifest.begin(job, preset) | {"frame_rate": float(info.average_rate)}

    source = run.manifest["source_sha256"], run.manifest["landmarks_sha256"]
    align_key = digest(source, job.frames, job.face, generator.resolution, SIGMAS)
    clip = align_clip(run, align_key, job.source, job.frames, job.face, generator.resolution, device, job.landmarks)

    refine_key = digest(align_key, job.model, job.encoder, job.seed, run.manifest["weights"], asdict(preset.refinement))
    shipped = sorted(catalogue.SHIPPED.glob("*.safetensors")) if generator.w_space == W_SPACE else []
    alive = [Edit.load(path) for path in shipped]
    tune_key = digest(refine_key, [edit.fingerprint() for edit in alive], asdict(preset.tuning))
    ws, tuned = invert(tools, refine_key, tune_key, alive, clip)

    def restyle(plain: Generator) -> Generator:
        return reduce(lambda styled, style: style(styled), styles, plain)

    probes = probe_frames(len(clip))
    asked = apply_all(edits, ws, generator)
    adapt_key = digest(tune_key, run.manifest["edits"], preset.adaptation and asdict(preset.adaptation))
    inverted = adapted(tools, adapt_key, edits, ws, tuned, clip)
    around = [shown.AROUND for edit in edits if edit.card.ends_at_face]
    edits = calibrated(tools, digest(adapt_key, calibrate.CONSTANTS, *around), edits, ws, inverted, clip)

    cards = [edit.card for edit in edits] + [style.card for style in styles]
    where = where_edits_show(clip, *cards)
    before = Synthesis(ws, inverted)
    held = [(hold.CONSTANTS, shown.CONSTANTS) for edit in edits if edit.card.holds_mouth]
    edited_key = digest(adapt_key, run.manifest["strength_factors"], *held, *around)
    direct = Synthesis(edited_codes(tools, edited_key, edits, before, clip), restyle(inverted))
    steady_key = remedy_key(preset.remedy, edited_key)
    steady = remedy(tools, edited_key, before, direct, where, clip)

    goes_on, cut_out = any(card.goes_on for card in cards), bool(styles)
    stitch_key = digest(steady_key, asdict(preset.stitching), goes_on and beyond.CONSTANTS, cut_out and CUT_OUT)
    plain_seams = Seams.of(clip, before, direct, where, parts_kept(cards), preset.stitching)
    seams = continued(run, stitch_key, plain_seams, steady, job.source, job.frames, goes_on=goes_on, cut_out=cut_out)
    stitched = tools.tuned(
        "stitch",
        stitch_key,
        steady.generator,
        lambda part: stitch(
            steady.generator, steady.ws, seams.inputs, seams, tools.lpips, preset.stitching, seed=job.seed,
            checkpoint=part, watch=tools.watch,
        ),
    )  # fmt: skip

    steadied = last_averaging(tools, direct, steady, clip)

    def reopened(_: StageCheckpoint) -> Tensors:
        def pasted(pictures: Synthesis) -> Frames:
            """As they will be seen, but for the eyes and further averagings, which take long and hardly move lips."""
            return replace(seams, keeps=()).composite(steadied(pictures, preset.averaging[:1]), before)

        others = apply_all([edit for edit in edits if not edit.card.holds_mouth], ws, inverted)
        wanted = as_shown(clip, before, Synthesis(others, inverted), *cards)
        return {"ws": with_mouths_held_again(stitched, pasted, wanted, steady.ws, FaceMesh.load())}

    # A style draws mouths as the inversion has them, which isn't quite as the input
    averagings = [asdict(each) for each in preset.averaging]
    mouth_key = digest(stitch_key, averagings[:1], bool(styles) and hold.CONSTANTS)
    again = preset.averaging and (held or styles)
    last_ws = run.stage("mouth", mouth_key, reopened)["ws"].to(steady.ws) if again else steady.ws

    last = Synthesis(last_ws, stitched)
    pictures = steadied(last, preset.averaging)
    if isinstance(preset.remedy, DeepVideoPrior):
        pictures = deep_video_prior(tools, preset.remedy, stitch_key, clip, last)

    render_key = digest(mouth_key, averagings[1:])
    videos = run.path("edited.mp4"), run.path("direct.mp4"), run.path("compare.mp4")
    if not manifest.is_finished(run, render_key, len(clip)):
        manifest.forget(run)
        with run.timed("render"):
            render(run, "untuned/plain", Synthesis(ws[probes], generator), len(probes))
            render(run, "untuned/edited", Synthesis(asked[probes], restyle(generator)), len(probes))
            render(run, "inverted", before, len(clip))
            drawn = render(run, "direct", direct, len(clip))
            edited = render(run, "edited", seams.composite(pictures, before), len(clip))
            restored = Restored(job.source, info, job.frames, clip, seams)
            write_videos(run, restored, drawn, edited, note.tags_of(job, preset))
        manifest.finish(run, render_key, *videos)
        write_report(run.folder)
    return Result(run.folder, *videos, frames=len(clip))


def apply_all(edits: Sequence[CodeEdit], ws: Tensor, generator: Generator) -> Tensor:
    """Codes (T, num_ws, w_dim) with all edits, one after the other."""
    return reduce(lambda codes, edit: edit(codes, generator), edits, ws)


def code_edits(job: Job, preset: Preset) -> Sequence[CodeEdit]:
    """The job's edits of codes, as the preset makes them."""
    wanted = [request for request in job.edits if not catalogue.is_style(request)]
    if preset.editing == "latent-transformer":
        return [latent_networks.load(request) for request in wanted]
    return [catalogue.load(request) for request in wanted]


def invert(
    tools: Tools, refine_key: str, tune_key: str, alive: Sequence[CodeEdit], clip: Aligned
) -> tuple[Tensor, Generator]:
    """Codes (T, num_ws, w_dim) and a tuned generator that together reproduce the clip; they serve every edit.

    The edits ``alive`` still work on the tuned generator.
    """
    run, preset, generator = tools.run, tools.preset, tools.generator

    def refine(part: StageCheckpoint) -> Tensors:
        encoder = encoder_file(tools.job.encoder) if tools.job.encoder else None
        guess = first_guess(generator, clip.inputs, len(clip), tools.lpips, encoder)
        start = starting_codes(generator, guess, preset.refinement.motion_side)
        moves = motion(clip.landmarks, generator.resolution, preset.refinement.motions)
        ws = refine_codes(
            generator, start, clip.inputs, torch.from_numpy(moves).to(start), tools.lpips, preset.refinement,
            seed=tools.job.seed, checkpoint=part, watch=tools.watch,
        )  # fmt: skip
        return {"ws": ws}

    ws = run.stage("refine", refine_key, refine)["ws"].to(generator.w_mean.device)

    survivors = [survivor([edit], generator, clip) for edit in alive]
    tuned = tools.tuned(
        "tune",
        tune_key,
        generator,
        lambda part: tune_generator(
            generator, ws, clip.inputs, survivors, tools.lpips, preset.tuning, seed=tools.job.seed,
            checkpoint=part, watch=tools.watch,
        ),
    )  # fmt: skip
    return ws, tuned


def adapted(
    tools: Tools, key: str, edits: Sequence[CodeEdit], ws: Tensor, tuned: Generator, clip: Aligned
) -> Generator:
    """The tuned generator, taught some more of what is to lie on the face: it keeps all edits alive, but none sharp.

    The frames with the change added are the lesson. What moves a face would be drawn twice there, and taught so.
    """
    settings, generator = tools.preset.adaptation, tools.generator
    overlays = [edit for edit in edits if edit.card.overlay]
    if settings is None or not overlays:
        return tuned
    together = [survivor(overlays, generator, clip)]
    return tools.tuned(
        "adapt",
        key,
        tuned,
        lambda part: tune_generator(
            generator, ws, clip.inputs, together, tools.lpips, settings, seed=tools.job.seed, start=tuned,
            title="adapt it to the edit", checkpoint=part, watch=tools.watch,
        ),
    )  # fmt: skip


def survivor(edits: Sequence[CodeEdit], generator: Generator, clip: Aligned) -> Survivor:
    """Edits, one after the other, that tuning is to keep alive."""
    return Survivor(
        lambda codes, strength: apply_all([edit.times(strength) for edit in edits], codes, generator),
        where_edits_may(clip, *(edit.card for edit in edits)),
    )


def calibrated(
    tools: Tools, key: str, edits: Sequence[CodeEdit], ws: Tensor, inverted: Generator, clip: Aligned
) -> Sequence[CodeEdit]:
    """The edits at the strengths that have their effect on this clip; the factors go into the manifest."""
    run, generator = tools.run, tools.generator
    probes, before = probe_frames(len(clip)), Synthesis(ws, inverted)

    def factor(each: CodeEdit) -> float:
        def seen(edit: CodeEdit) -> Iterator[Tensor]:
            pictures = as_shown(clip, before, Synthesis(edit(ws, generator), inverted), edit.card)
            return (pictures([index]) for index in probes)

        plain = (before([index]) for index in probes)
        return calibrate.factor_on_clip(each, ws[probes], generator, plain, seen, tools.lpips)

    factors = run.stage("calibrate", key, lambda _: {"factors": torch.tensor([factor(each) for each in edits])})
    by_edit = list(zip(edits, factors["factors"].tolist(), strict=True))
    run.manifest["strength_factors"] = {edit.card.name: k for edit, k in by_edit}
    return [edit.times(k) for edit, k in by_edit]


def edited_codes(tools: Tools, key: str, edits: Sequence[CodeEdit], before: Synthesis, clip: Aligned) -> Tensor:
    """Codes (T, num_ws, w_dim) with all edits; where one's card says so, the mouth opens as it did before it."""
    if not any(edit.card.holds_mouth for edit in edits):
        return apply_all(edits, before.ws, before.generator)
    held = tools.run.stage("hold", key, lambda _: {"ws": with_mouths_held(edits, before, clip, FaceMesh.load())})
    return held["ws"].to(before.ws)
