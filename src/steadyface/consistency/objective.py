"""What both phases minimise over a step's frames: eqs. 1, 3, 5, 6 and our additions, as `Objective` says."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from steadyface.consistency.flows import Flows, Frames, PairFlow, kept, shrink
from steadyface.consistency.losses import colour_difference, finer, flow_error, masked_mean, outside, photometric
from steadyface.consistency.masks import agreement, fuse, perceptual_difference
from steadyface.consistency.pairs import Pair
from steadyface.consistency.settings import Objective
from steadyface.critics.closeup import closeup_distance
from steadyface.critics.lpips import Lpips
from steadyface.flow.occlusion import visibility
from steadyface.gan.base import Generator


@dataclass(frozen=True)
class Scene:
    """What frames are held against in both phases; nothing of it is optimised."""

    inputs: Frames
    """The aligned input frames."""
    wanted: Frames
    """What each frame should look like by itself, (len, 3, R, R): the input (paper), or the input with the edit."""
    flow: PairFlow
    lpips: Lpips


@dataclass(frozen=True)
class Start:
    """The frames as they were when a phase began; made when they are asked for, and kept."""

    images: Frames
    """(len, 3, S, S)"""
    changed: Frames
    """(len, 1, S, S): M^PD, their perceptual difference to the inputs."""

    @classmethod
    def of(cls, generator: Generator, ws: Tensor, scene: Scene, size: int) -> "Start":
        """The frames that ``generator`` makes of ``ws`` (T, num_ws, w_dim), shrunk to ``size``."""
        images = rendered(generator, ws, size)

        def changed(index: int) -> Tensor:
            return perceptual_difference(scene.lpips, images([index]), shrink(scene.inputs([index]), size))[0]

        return cls(images, kept(changed))


def rendered(generator: Generator, ws: Tensor, size: int) -> Frames:
    """The frames that ``generator`` makes of ``ws`` (T, num_ws, w_dim), shrunk to ``size``; some are kept."""
    return kept(lambda index: shrink(generator.synthesis(ws[index : index + 1]), size)[0])


def frame_losses(
    images: Tensor, frames: Sequence[int], pairs: Sequence[Pair], scene: Scene, start: Start, objective: Objective
) -> dict[str, Tensor]:
    """Weighted losses of the current images (N, 3, R, R) of ``frames``, compared in ``pairs``.

    A term whose weight is zero is left out and costs nothing. Each image is looked at once, for all terms.
    """
    lpips, places = scene.lpips, {frame: place for place, frame in enumerate(frames)}
    first, second = ([places[pair[side]] for pair in pairs] for side in (0, 1))
    images, inputs, wanted = (shrink(x, objective.size) for x in (images, scene.inputs(frames), scene.wanted(frames)))
    seen = lpips.see(images)
    flows = scene.flow(pairs, images[first], images[second])
    mask_a, mask_b = visible_masks(flows, inputs[first], inputs[second], objective)
    losses: dict[str, Tensor] = {}
    moved = images.new_zeros(())
    if objective.outside_weight or objective.wanted_weight or objective.unexplained_weight:
        moved = lpips.spatial(seen, wanted)
    if objective.fused or objective.outside_weight:
        current = objective.edited_frames == "current"
        changed = perceptual_difference(lpips, seen, inputs) if current else start.changed(frames)
        if objective.fused:
            mask_a, mask_b = fuse(mask_a, changed[first]), fuse(mask_b, changed[second])
        if objective.outside_weight:
            edited = (objective.outside_gain * changed).clamp(0, 1)
            coloured = moved
            if objective.pixel_weight:
                coloured = moved + objective.pixel_weight * colour_difference(images, wanted)
            losses["outside"] = objective.outside_weight * outside(coloured, edited, objective.outside_power)
    losses["photometric"] = photometric(lpips, seen[first], seen[second], flows, mask_a, mask_b, objective.pixel_weight)
    if objective.flow_error_weight:
        losses["flow_error"] = objective.flow_error_weight * flow_error(flows, mask_a, mask_b)
    if objective.texture_weight:
        losses["texture"] = objective.texture_weight * finer(images - start.images(frames)).square().mean()
    if objective.wanted_weight or objective.unexplained_weight:
        losses["wanted"] = objective.wanted_weight * moved.mean()
        unexplained = masked_mean(moved[first], 1 - mask_a) + masked_mean(moved[second], 1 - mask_b)
        losses["unexplained"] = objective.unexplained_weight * unexplained
    if objective.closeup_weight:
        losses["closeup"] = objective.closeup_weight * closeup_distance(lpips, images, wanted).mean()
    return losses


@torch.no_grad()
def visible_masks(flows: Flows, input_a: Tensor, input_b: Tensor, objective: Objective) -> tuple[Tensor, Tensor]:
    """M^vis on both grids, (P, 1, S, S) in [0, 1], where the inputs agree if so asked."""
    mask_a, mask_b = (visibility(error, objective.sharpness) for error in (flows.error_ab, flows.error_ba))
    if objective.agreement is not None:
        mask_a = mask_a * agreement(input_a, input_b, flows.ab, objective.agreement)
        mask_b = mask_b * agreement(input_b, input_a, flows.ba, objective.agreement)
    return mask_a, mask_b
