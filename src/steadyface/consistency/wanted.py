"""What each frame should look like by itself: the input, with the edit's own change made steady. Ours.

The phases aim at it, and what they leave is averaged once more, in the finished pictures.
"""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from steadyface.consistency.flows import Frames, PairFlow, kept, shrink
from steadyface.consistency.masks import agreement
from steadyface.consistency.settings import Averaging, Consistency, Wanted
from steadyface.editing.change import with_change
from steadyface.flow.occlusion import visibility
from steadyface.flow.warp import warp


def steady_change(
    changes: Frames,
    inputs: Frames,
    flow: PairFlow,
    index: int,
    count: int,
    reach: int,
    sharpness: float,
    agreeing: float | None = None,
    alike: float | None = None,
) -> Tensor:
    """Average the change of frame ``index`` with its neighbours', brought to it along the input's flow: (1, C, S, S).

    ``changes`` gives what the edit adds to frames, (len, C, S, S), and ``inputs`` the frames in the same size. The mean
    over the ``reach`` frames on either side is Gaussian and weighted by the visibility. What the input does alone, a
    blink, is in the input: eyeglasses of a frame beside it suit it better than those drawn over half-closed eyes. Where
    it is to be drawn, only frames whose inputs agree count: ``agreeing`` is the scale of their `agreement`, and
    ``alike`` of that of the changes' first three channels.
    """
    frame, own = inputs([index]), changes([index])
    total = own
    weights = torch.ones_like(total[:, :1])
    for n in range(max(0, index - reach), min(count, index + reach + 1)):  # one by one: large pictures fill the memory
        if n == index:
            continue
        other, theirs = inputs([n]), changes([n])
        flows = flow([(index, n)], frame, other)
        weight = visibility(flows.error_ab, sharpness) * math.exp(-2 * ((n - index) / reach) ** 2)
        if agreeing is not None:
            weight = weight * agreement(frame, other, flows.ab, agreeing)
        if alike is not None:
            weight = weight * agreement(own[:, :3], theirs[:, :3], flows.ab, alike)
        total, weights = total + weight * warp(theirs, flows.ab), weights + weight
    return total / weights


def input_with_change(
    inputs: Frames,
    inverted: Frames,
    direct: Frames,
    where: Tensor,
    flow: PairFlow,
    count: int,
    settings: Consistency,
) -> Frames:
    """Each of ``count`` input frames plus the `steady_change` of its direct edit, where it may be: (len, 3, S, S).

    ``inverted`` and ``direct`` give frames of the objective's side S, ``where`` is (1, 1, R, R) in [0, 1]. The last
    frames used are kept in float16.
    """
    size = settings.phase2.objective.size
    small = shrink(where, size)
    steady = steadied(lambda frames: direct(frames) - inverted(frames), inputs, flow, count, settings)
    return lambda frames: with_change(shrink(inputs(frames), size), steady(frames), small)


def steadied(pictures: Frames, inputs: Frames, flow: PairFlow, count: int, settings: Consistency) -> Frames:
    """The `steady_change` of all pictures (len, 3, S, S), each made once and the last used kept in float16."""
    objective, reach = settings.phase2.objective, settings.reach

    def small(frames: Sequence[int]) -> Tensor:
        return shrink(inputs(frames), objective.size)

    return kept(lambda index: steady_change(pictures, small, flow, index, count, reach, objective.sharpness)[0])


def averaged(
    pictures: Frames, inputs: Frames, flow: PairFlow, count: int, wanted: Wanted, settings: Averaging
) -> Frames:
    """The finished pictures (len, 3, R, R), averaged as `steady_change` does, with the grain of their own input.

    ``inputs`` gives frames of the same size. Its grain is what its own average lacks; where the change `hides` the
    input there is none: under a rim, the noise filmed there is flicker. Nor where ``wanted`` is the direct edit.
    """
    both = kept(lambda index: torch.cat([pictures([index]), inputs([index])], dim=1)[0], 2 * settings.reach + 1)

    def made(index: int) -> Tensor:
        averages = steady_change(
            both, inputs, flow, index, count, settings.reach, settings.sharpness, settings.agreement, settings.likeness
        )
        picture, calm = averages.chunk(2, dim=1)
        if wanted == "direct":
            return picture
        return picture + (1 - hides(picture - calm, settings)) * (inputs([index]) - calm)

    return lambda frames: torch.cat([made(index) for index in frames])


def hides(change: Tensor, settings: Averaging) -> Tensor:
    """How much of the input a change (N, 3, S, S) hides, 0 to 1: (N, 1, S, S)."""
    strongest = change.abs().amax(dim=1, keepdim=True)
    return ((strongest - settings.shades) / (settings.covers - settings.shades)).clamp(0, 1)
