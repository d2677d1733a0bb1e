"""What both phases minimise over a step's frames: eqs. 1, 3, 5, 6 and our additions, weighted as `Objective` says."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from steadyface.clip.filters import high_pass
from steadyface.clip.frames import Frames, cached, shrink
from steadyface.consistency.flows import Flows, PairFlow
from steadyface.consistency.losses import (
    colour_difference,
    flow_error,
    masked_mean,
    photometric,
    unedited_fidelity,
)
from steadyface.consistency.masks import fuse, perceptual_difference, photometric_consistency
from steadyface.consistency.pairs import Pair, Sampling
from steadyface.consistency.settings import Objective
from steadyface.critics.closeup import closeup_distance
from steadyface.critics.lpips import Lpips
from steadyface.flow.occlusion import visibility
from steadyface.gan.base import Generator


@dataclass(frozen=True)
class Scene:
    """What both phases compare the frames with. Nothing in it is optimised."""

    inputs: Frames
    """The aligned input frames."""
    target: Frames
    """What each frame should look like by itself, (len, 3, R, R): the input (paper), or the input with the edit."""
    flow: PairFlow
    lpips: Lpips
    sampling: Sampling


@dataclass(frozen=True)
class Start:
    """The frames as they were when a phase began, computed on first use and cached."""

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

        return cls(images, cached(changed))


def rendered(generator: Generator, ws: Tensor, size: int) -> Frames:
    """The frames that ``generator`` makes of ``ws`` (T, num_ws, w_dim), shrunk to ``size``; the last are cached."""
    return cached(lambda index: shrink(generator.synthesis(ws[index : index + 1]), size)[0])


def frame_losses(
    images: Tensor, frames: Sequence[int], pairs: Sequence[Pair], scene: Scene, start: Start, objective: Objective
) -> dict[str, Tensor]:
    """Weighted losses of the current images (N, 3, R, R) of ``frames``, compared in ``pairs``.

    A term whose weight is zero is left out and costs nothing. The LPIPS features of an image are computed once and
    used for all terms.
    """
    lpips, places = scene.lpips, {frame: place for place, frame in enumerate(frames)}
    first, second = ([places[pair[side]] for pair in pairs] for side in (0, 1))
    images, inputs, wanted = (shrink(x, objective.size) for x in (images, scene.inputs(frames), scene.target(frames)))
    seen = lpips.see(images)
    flows = scene.flow(pairs, images[first], images[second])
    mask_a, mask_b = visible_masks(flows, inputs[first], inputs[second], objective)
    losses: dict[str, Tensor] = {}
    moved = images.new_zeros(())
    if objective.unedited_weight or objective.target_weight or objective.unexplained_weight:
        moved = lpips.spatial(seen, wanted)
    if objective.fused or objective.unedited_weight:
        current = objective.edited_frames == "current"
        changed = perceptual_difference(lpips, seen, inputs) if current else start.changed(frames)
        if objective.fused:
            mask_a, mask_b = fuse(mask_a, changed[first]), fuse(mask_b, changed[second])
        if objective.unedited_weight:
            edited = (objective.unedited_gain * changed).clamp(0, 1)
            coloured = moved
            if objective.pixel_weight:
                coloured = moved + objective.pixel_weight * colour_difference(images, wanted)
            losses["unedited"] = objective.unedited_weight * unedited_fidelity(
                coloured, edited, objective.unedited_power
            )
    losses["photometric"] = photometric(lpips, seen[first], seen[second], flows, mask_a, mask_b, objective.pixel_weight)
    if objective.flow_error_weight:
        losses["flow_error"] = objective.flow_error_weight * flow_error(flows, mask_a, mask_b)
    if objective.texture_weight:
        losses["texture"] = objective.texture_weight * high_pass(images - start.images(frames)).square().mean()
    if objective.target_weight or objective.unexplained_weight:
        losses["target"] = objective.target_weight * moved.mean()
        unexplained = masked_mean(moved[first], 1 - mask_a) + masked_mean(moved[second], 1 - mask_b)
        losses["unexplained"] = objective.unexplained_weight * unexplained
    if objective.closeup_weight:
        losses["closeup"] = objective.closeup_weight * closeup_distance(lpips, images, wanted).mean()
    return losses


@torch.no_grad()
def visible_masks(flows: Flows, input_a: Tensor, input_b: Tensor, objective: Objective) -> tuple[Tensor, Tensor]:
    """M^vis on both grids, (P, 1, S, S) in [0, 1], times the consistency of the inputs if the objective asks for it."""
    mask_a, mask_b = (visibility(error, objective.sharpness) for error in (flows.error_ab, flows.error_ba))
    if objective.input_consistency is not None:
        mask_a = mask_a * photometric_consistency(input_a, input_b, flows.ab, objective.input_consistency)
        mask_b = mask_b * photometric_consistency(input_b, input_a, flows.ba, objective.input_consistency)
    return mask_a, mask_b
