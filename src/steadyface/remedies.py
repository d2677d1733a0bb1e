"""What a preset does against the flicker of a directly edited clip: phases 1 and 2, or a baseline."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from functools import partial

import torch
from torch import Tensor

from steadyface.aligned import Aligned
from steadyface.baselines import dvp
from steadyface.baselines.settings import DeepVideoPrior, Smoothing
from steadyface.consistency import phase1, phase2
from steadyface.consistency.flows import Frames, InputFlow, kept, pair_flow
from steadyface.consistency.objective import Scene, rendered
from steadyface.consistency.settings import Averaging, Consistency
from steadyface.consistency.strokes import with_strokes
from steadyface.consistency.wanted import averaged, input_with_change, steadied
from steadyface.critics.lpips import Lpips
from steadyface.editing.parts import Part
from steadyface.files import digest
from steadyface.flow.estimators import load_estimator
from steadyface.inversion.smooth import smooth_codes
from steadyface.render import Synthesis
from steadyface.run import StageCheckpoint, Tensors
from steadyface.settings import Remedy
from steadyface.stitching.kept import mask_of
from steadyface.stitching.settings import Stitching
from steadyface.tools import Tools

_FLOW_BYTES = 2**29
"""Of flows between finished pictures: 1024 pairs of frames with 256 px, all that twelve frames of 75 need."""

_MOUTH: tuple[Part, ...] = ("mouth",)

_PICTURE_BYTES = 2**27
"""Of pictures after an averaging: 341 frames with 256 px. What comes next asks for each, and those beside it, again."""


def remedy_key(settings: Remedy, key: str) -> str:
    """The key of what a remedy makes of codes and a generator with this ``key``."""
    return digest(key, settings and asdict(settings))


def remedy(tools: Tools, key: str, before: Synthesis, direct: Synthesis, where: Tensor, clip: Aligned) -> Synthesis:
    """What the preset does against flicker in the directly edited clip. A single frame has none."""
    settings = tools.preset.remedy
    if isinstance(settings, Smoothing):
        return Synthesis(smooth_codes(direct.ws, settings.sigma), direct.generator)
    if isinstance(settings, Consistency) and len(clip) > 1:
        return make_consistent(tools, settings, key, before, direct, where, clip)
    return direct


def make_consistent(
    tools: Tools, settings: Consistency, key: str, before: Synthesis, direct: Synthesis, where: Tensor, clip: Aligned
) -> Synthesis:
    """Phases 1 and 2; a phase of no epochs is left out. Presets with the same phase 1 can share it."""
    seed, device = tools.job.seed, direct.ws.device
    estimator = load_estimator("spynet" if settings.flow == "current" else "dis", device)
    flow = pair_flow(settings.flow, estimator, clip.inputs)
    plain, edited = (rendered(each.generator, each.ws, settings.phase2.objective.size) for each in (before, direct))
    wanted: Frames = clip.inputs
    if settings.wanted == "input+change":
        wanted = input_with_change(clip.inputs, plain, edited, where, flow, len(clip), settings)
    elif settings.wanted == "direct":
        wanted = steadied(edited, clip.inputs, flow, len(clip), settings)
    scene = Scene(clip.inputs, wanted, flow, tools.lpips)

    def refine(part: StageCheckpoint) -> Tensors:
        refined = phase1.refine_codes(
            direct.generator, direct.ws, scene, settings.phase1, seed=seed, checkpoint=part, watch=tools.watch
        )
        return {"ws": refined}

    refined = direct.ws
    if settings.phase1.epochs:
        asked = settings.flow, settings.wanted, settings.reach, settings.phase2.objective.size
        refined = tools.run.stage("phase1", digest(key, asked, asdict(settings.phase1)), refine)["ws"].to(device)
    if not settings.phase2.epochs:
        return Synthesis(refined, direct.generator)
    tuned = tools.tuned(
        "phase2",
        remedy_key(settings, key),
        direct.generator,
        lambda part: phase2.tune_generator(
            direct.generator, refined, scene, settings.phase2, seed=seed, checkpoint=part, watch=tools.watch
        ),
    )
    return Synthesis(refined, tuned)


def last_averaging(
    tools: Tools, direct: Synthesis, steady: Synthesis, clip: Aligned
) -> Callable[[Synthesis, Sequence[Averaging]], Frames]:
    """What averages finished pictures over time along the input's flow, once for each of the averagings.

    What the first one carries on are strokes of the direct edit, whose codes are moved as the pictures' have been
    since they were ``steady``, that of a mouth for one; a further one carries on what the last has made. Flows are kept
    for the next pictures.
    """
    settings, count = tools.preset.remedy, len(clip)
    if not isinstance(settings, Consistency) or count == 1:
        return lambda pictures, _: pictures
    pixels = tools.generator.resolution**2
    flow = InputFlow(load_estimator("dis", tools.generator.w_mean.device), clip.inputs, _FLOW_BYTES // (8 * pixels))

    def steadied(pictures: Synthesis, averagings: Sequence[Averaging]) -> Frames:
        made: Frames = pictures
        source: Frames = replace(direct, ws=direct.ws + (pictures.ws - steady.ws))
        everywhere = settings.wanted == "direct"
        for averaging in averagings:
            earlier, made = made, averaged(made, clip.inputs, flow, count, settings.wanted, averaging)
            if averaging.carries:
                made = with_strokes(made, source, clip.inputs, flow, count, averaging, everywhere=everywhere)
            if not averaging.mouths:
                made = partial(_with_mouths, made, earlier, clip, tools.preset.stitching)
            source = made = kept(partial(_single, made), max(2 * averaging.reach + 1, _PICTURE_BYTES // (6 * pixels)))
            everywhere = True
        return made

    return steadied


def _with_mouths(pictures: Frames, others: Frames, clip: Aligned, settings: Stitching, frames: Sequence[int]) -> Tensor:
    """Pictures (len, 3, S, S) with the mouths of ``others``."""
    made = pictures(frames)
    masks = torch.cat([mask_of(_MOUTH, clip.landmarks[index], made.shape[-1], settings) for index in frames])
    return torch.lerp(made, others(frames), masks.to(made))


def _single(frames: Frames, index: int) -> Tensor:
    return frames([index])[0]


def deep_video_prior(tools: Tools, settings: DeepVideoPrior, key: str, clip: Aligned, edited: Frames) -> Frames:
    """The baseline that works on pictures: a network of its own makes each edited frame from its input frame."""
    device = tools.generator.w_mean.device
    network = dvp.UNet(settings.width, tools.job.seed).to(device)

    def train(part: StageCheckpoint) -> Tensors:
        trained = dvp.train(
            network, clip.inputs, torch.no_grad()(edited), len(clip), Lpips("vgg").to(device), settings,
            checkpoint=part, watch=tools.watch,
        )  # fmt: skip
        return trained.state_dict()

    network.load_state_dict(tools.run.stage("dvp", key, train))
    return lambda frames: network(clip.inputs(frames))
