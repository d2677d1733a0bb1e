"""What removes the flicker of a directly edited clip: phases 1 and 2, or a baseline."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from steadyface.baselines import dvp
from steadyface.clip.aligned import Aligned
from steadyface.clip.frames import Frames
from steadyface.clip.smooth import smooth_codes
from steadyface.clip.synthesis import Synthesis
from steadyface.consistency import phase1, phase2
from steadyface.consistency.flows import pair_flow
from steadyface.consistency.objective import Scene, rendered
from steadyface.consistency.pairs import Sampling
from steadyface.critics.lpips import Lpips
from steadyface.editing.mask import edit_mask
from steadyface.flow.estimators import load_estimator
from steadyface.inversion.keyframes import Poses
from steadyface.stages.context import StageContext
from steadyface.stages.edit_settings import FirstPhase, Prior, SecondPhase, Smooth, TargetFrames
from steadyface.temporal.anchors import Anchors
from steadyface.temporal.target import target_frames


def smooth(context: StageContext, settings: Smooth, direct: Synthesis, clip: Aligned) -> Synthesis:
    """The baseline that smooths the edited codes over time."""
    return Synthesis(smooth_codes(direct.ws, settings.smoothing.sigma, clip.segments), direct.generator)


def scene(
    context: StageContext, settings: TargetFrames, direct: Synthesis, before: Synthesis, clip: Aligned, poses: Poses
) -> Scene:
    """What both phases compare frames with. Everything in it is computed on first use and cached."""
    estimator = load_estimator("spynet" if settings.current_flow else "dis", context.device)
    flow = pair_flow("current" if settings.current_flow else "input", estimator, clip.inputs, clip.landmarks)
    plain, edited = (rendered(each.generator, each.ws, settings.target.size) for each in (before, direct))
    where = edit_mask(clip, settings.masking, settings.effects)
    averaging = settings.target.averaging
    anchors = Anchors.of_clip(clip, poses.anchor, poses.anchors, averaging.reach if averaging else None)
    target = target_frames(clip.inputs, plain, edited, where, flow, anchors, poses.keyframes, settings.target)
    count = len(clip)
    sampling = Sampling.of(poses.keyframes, poses.anchor, count) if settings.keyframes else Sampling.of_all(count)
    return Scene(clip.inputs, target, flow, context.lpips, sampling)


def refine_codes(context: StageContext, settings: FirstPhase, direct: Synthesis, scene: Scene) -> Synthesis:
    """Phase 1. A single frame has no flicker and stays as it is."""
    if len(direct.ws) == 1:
        return direct
    refined = phase1.refine_codes(
        direct.generator, direct.ws, scene, settings.phase1,
        seed=settings.seed, checkpoint=context.checkpoint, watch=context.watch,
    )  # fmt: skip
    return Synthesis(refined, direct.generator)


def tune_generator(context: StageContext, settings: SecondPhase, refined: Synthesis, scene: Scene) -> Synthesis:
    """Phase 2. A single frame has no flicker and stays as it is."""
    if len(refined.ws) == 1:
        return refined
    tuned = phase2.tune_generator(
        refined.generator, refined.ws, scene, settings.phase2,
        seed=settings.seed, checkpoint=context.checkpoint, watch=context.watch,
    )  # fmt: skip
    return Synthesis(refined.ws, tuned)


@dataclass(frozen=True)
class PriorFrames:
    """Frames that a Deep Video Prior makes from the input; called with frame numbers: (len, 3, R, R)."""

    network: dvp.UNet
    inputs: Frames

    def __call__(self, frames: Sequence[int]) -> Tensor:
        """Make these frames."""
        made: Tensor = self.network(self.inputs(frames))
        return made


def deep_video_prior(context: StageContext, settings: Prior, edited: Frames, clip: Aligned) -> PriorFrames:
    """The baseline that works on pictures: a network, trained on the clip, maps each input frame to its edited one."""
    network = dvp.UNet(settings.prior.width, settings.seed).to(context.device)
    trained = dvp.train(
        network, clip.inputs, torch.no_grad()(edited), len(clip), Lpips("vgg").to(context.device), settings.prior,
        checkpoint=context.checkpoint, watch=context.watch,
    )  # fmt: skip
    return PriorFrames(trained, clip.inputs)
