"""What each frame should look like by itself: the input with the edit's change, averaged over the keyframes. Ours."""

from collections.abc import Sequence

import torch
from torch import Tensor

from steadyface.clip.frames import Frames, cached, shrink
from steadyface.clip.layer import with_change
from steadyface.consistency.flows import Flows, PairFlow
from steadyface.temporal.anchors import Anchors
from steadyface.temporal.averaging import averaged, equally
from steadyface.temporal.settings import Target


def target_frames(
    inputs: Frames,
    before: Frames,
    direct: Frames,
    where: Tensor,
    flow: PairFlow,
    anchors: Anchors,
    keyframes: Sequence[int],
    settings: Target,
) -> Frames:
    """The target of the phases, as frames (len, 3, S, S) by number; `Target.kind` says which.

    ``before`` and ``direct`` give frames without and with the edit, of the target's side S. ``where``, (1, 1, R, R) in
    [0, 1], says where the edit may change the input. The last targets used are cached.
    """

    def small(frames: Sequence[int]) -> Tensor:
        return shrink(inputs(frames), settings.size)

    def mean(pictures: Frames) -> Frames:
        if settings.averaging is None:
            return pictures
        return averaged(pictures, pictures, small, flow, between, anchors, equally(keyframes), settings.averaging)

    def between(index: int, anchor: int) -> Flows:
        return flow([(index, anchor)], small([index]), small([anchor]))

    if settings.kind == "input":
        return inputs
    if settings.kind == "direct":
        means = mean(direct)
        return cached(lambda index: means([index])[0])
    both, inside = mean(lambda frames: torch.cat([before(frames), direct(frames)], dim=1)), shrink(where, settings.size)

    def changed(index: int) -> Tensor:
        plain, edited = both([index]).chunk(2, dim=1)
        return with_change(small([index]), plain, edited, inside)[0]

    return cached(changed)
