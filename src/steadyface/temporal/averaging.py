"""Means over neighbouring frames, warped along the input's flow. Ours."""

import math

import torch
from torch import Tensor

from steadyface.clip.frames import Frames, cached
from steadyface.consistency.flows import PairFlow
from steadyface.consistency.masks import photometric_consistency
from steadyface.flow.occlusion import visibility
from steadyface.flow.warp import warp
from steadyface.temporal.settings import Averaging, TargetKind


def steady_change(
    changes: Frames,
    inputs: Frames,
    flow: PairFlow,
    index: int,
    count: int,
    radius: int,
    sharpness: float,
    input_consistency: float | None = None,
    output_consistency: float | None = None,
) -> Tensor:
    """Average the change of frame ``index`` with that of its neighbours, warped along the input's flow: (1, C, S, S).

    ``changes`` gives what the edit adds to frames, (len, C, S, S), and ``inputs`` the frames in the same size. The mean
    over the ``radius`` frames on either side has Gaussian weights times the visibility.

    A neighbour counts even if its input differs, as during a blink. The blink itself is in the input, and eyeglasses
    from a frame with open eyes suit it better than those drawn over half-closed eyes. If the change must draw such
    motion, only frames whose inputs agree may count: ``input_consistency`` is the scale of the inputs'
    `photometric_consistency`, ``output_consistency`` that of the first three channels of ``changes``.
    """
    frame, own = inputs([index]), changes([index])
    total = own
    weights = torch.ones_like(total[:, :1])
    # one at a time, since large pictures fill the memory
    for n in range(max(0, index - radius), min(count, index + radius + 1)):
        if n == index:
            continue
        other, theirs = inputs([n]), changes([n])
        flows = flow([(index, n)], frame, other)
        weight = visibility(flows.error_ab, sharpness) * math.exp(-2 * ((n - index) / radius) ** 2)
        if input_consistency is not None:
            weight = weight * photometric_consistency(frame, other, flows.ab, input_consistency)
        if output_consistency is not None:
            weight = weight * photometric_consistency(own[:, :3], theirs[:, :3], flows.ab, output_consistency)
        total, weights = total + weight * warp(theirs, flows.ab), weights + weight
    return total / weights


def averaged(
    pictures: Frames, inputs: Frames, flow: PairFlow, count: int, kind: TargetKind, settings: Averaging
) -> Frames:
    """Average the finished pictures (len, 3, R, R) with `steady_change`, then add the grain of each frame's input.

    ``inputs`` gives frames of the same size; their grain is what their own average lacks. No grain is added where the
    change hides the input (`opacity`): noise filmed behind the rim of eyeglasses would be flicker. If the target is
    the direct edit, none is added at all.
    """
    both = cached(lambda index: torch.cat([pictures([index]), inputs([index])], dim=1)[0], 2 * settings.radius + 1)

    def made(index: int) -> Tensor:
        averages = steady_change(
            both,
            inputs,
            flow,
            index,
            count,
            settings.radius,
            settings.sharpness,
            settings.input_consistency,
            settings.output_consistency,
        )
        picture, calm = averages.chunk(2, dim=1)
        if kind == "direct":
            return picture
        return picture + (1 - opacity(picture - calm, settings)) * (inputs([index]) - calm)

    return lambda frames: torch.cat([made(index) for index in frames])


def opacity(change: Tensor, settings: Averaging) -> Tensor:
    """How much of the input a change (N, 3, S, S) hides, 0 to 1: (N, 1, S, S)."""
    strongest = change.abs().amax(dim=1, keepdim=True)
    return ((strongest - settings.opacity_none) / (settings.opacity_full - settings.opacity_none)).clamp(0, 1)
