"""What each frame should look like by itself: the input plus the edit's change, averaged over time. Ours."""

from collections.abc import Sequence

from torch import Tensor

from steadyface.clip.change import with_change
from steadyface.clip.frames import Frames, cached, shrink
from steadyface.consistency.flows import PairFlow
from steadyface.temporal.averaging import steady_change
from steadyface.temporal.settings import Target


def target_frames(
    inputs: Frames, before: Frames, direct: Frames, where: Tensor, flow: PairFlow, count: int, settings: Target
) -> Frames:
    """The target of the phases, as frames (len, 3, S, S) by number; `Target.kind` says which.

    ``before`` and ``direct`` give frames without and with the edit, of the target's side S. ``where``, (1, 1, R, R) in
    [0, 1], says where the edit may change the input.
    """
    if settings.kind == "input+change":
        return input_with_change(inputs, before, direct, where, flow, count, settings)
    return steadied(direct, inputs, flow, count, settings) if settings.kind == "direct" else inputs


def input_with_change(
    inputs: Frames, before: Frames, direct: Frames, where: Tensor, flow: PairFlow, count: int, settings: Target
) -> Frames:
    """Each of ``count`` input frames plus the `steady_change` of its direct edit inside ``where``: (len, 3, S, S)."""
    small = shrink(where, settings.size)
    steady = steadied(lambda frames: direct(frames) - before(frames), inputs, flow, count, settings)
    return lambda frames: with_change(shrink(inputs(frames), settings.size), steady(frames), small)


def steadied(pictures: Frames, inputs: Frames, flow: PairFlow, count: int, settings: Target) -> Frames:
    """The `steady_change` of all pictures (len, 3, S, S), each computed once; the last used are cached in float16."""

    def small(frames: Sequence[int]) -> Tensor:
        return shrink(inputs(frames), settings.size)

    return cached(
        lambda index: steady_change(pictures, small, flow, index, count, settings.radius, settings.sharpness)[0]
    )
