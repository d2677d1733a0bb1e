"""What both phases minimise over a step's frames: eqs. 1, 3, 5, 6 and our additions, as `Objective` says."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from steadyface.consistency.flows import CACHED_PAIRS, Flows, Frames, PairFlow, shrink
from steadyface.consistency.losses import finer, flow_error, masked_mean, outside, photometric
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


def rendered(generator: Generator, ws: Tensor, size: int) -> Frames:
    """The frames that ``generator`` makes of ``ws`` (T, num_ws, w_dim), shrunk to ``size``; some are kept.

    The last ones used are kept, in float16: 0.4 MB a frame at 256 pixels.
    """

    @lru_cache(CACHED_PAIRS)
    @torch.no_grad()
    def frame(index: int) -> Tensor:
        return shrink(generator.synthesis(ws[index : index + 1]), size)[0].half()

    return lambda frames: torch.stack([frame(index) for index in frames]).to(ws.dtype)


def frame_losses(
    images: Tensor, frames: Sequence[int], pairs: Sequence[Pair], scene: Scene, start: Frames, objective: Objective
) -> dict[str, Tensor]:
    """Weighted losses of the current images (N, 3, R, R) of ``frames``, compared in ``pairs``.

    ``start`` gives the frames as they were when the phase began. A term whose weight is zero is left out and costs
    nothing.
    """
    lpips, places = scene.lpips, {frame: place for place, frame in enumerate(frames)}
    first, second = ([places[pair[side]] for pair in pairs] for side in (0, 1))
    images, inputs, wanted = (shrink(x, objective.size) for x in (images, scene.inputs(frames), scene.wanted(frames)))
    a, b = images[first], images[second]
    flows = scene.flow(pairs, a, b)
    mask_a, mask_b = visible_masks(flows, inputs[first], inputs[second], objective)
    losses: dict[str, Tensor] = {}
    if objective.fused or objective.outside_weight:
        edited_frames = images if objective.edited_frames == "current" else start(frames)
        changed = perceptual_difference(lpips, edited_frames, inputs)
        if objective.fused:
            mask_a, mask_b = fuse(mask_a, changed[first]), fuse(mask_b, changed[second])
        if objective.outside_weight:
            edited = (objective.outside_gain * changed).clamp(0, 1)
            away = outside(lpips, images, wanted, edited, objective.pixel_weight, objective.outside_power)
            losses["outside"] = objective.outside_weight * away
    losses["photometric"] = photometric(lpips, a, b, flows, mask_a, mask_b, objective.pixel_weight)
    if objective.flow_error_weight:
        losses["flow_error"] = objective.flow_error_weight * flow_error(flows, mask_a, mask_b)
    if objective.texture_weight:
        losses["texture"] = objective.texture_weight * finer(images - start(frames)).square().mean()
    if objective.wanted_weight or objective.unexplained_weight:
        moved = lpips.spatial(images, wanted)
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
