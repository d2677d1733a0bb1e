"""High-frequency detail (strokes, strands of hair, wrinkles) that averaging removes, restored from the anchor. Ours.

Each frame of a drawing has its own strokes, and their mean is grey. The anchor's strokes, warped along the input's
flow, stay the same and move with the face.
"""

import torch
from torch import Tensor

from steadyface.clip.frames import Frames, cached
from steadyface.consistency.flows import PairFlow
from steadyface.consistency.masks import photometric_consistency
from steadyface.consistency.pairs import anchor_index
from steadyface.critics.filters import low_pass
from steadyface.flow.occlusion import visibility
from steadyface.flow.warp import warp
from steadyface.temporal.averaging import opacity
from steadyface.temporal.settings import Averaging


def with_high_frequency_detail(
    pictures: Frames,
    source: Frames,
    inputs: Frames,
    flow: PairFlow,
    count: int,
    settings: Averaging,
    *,
    everywhere: bool,
) -> Frames:
    """The averaged pictures (len, 3, R, R) of ``count`` frames, plus the high-frequency detail of the anchor.

    The detail is what ``source`` has and the averages lack. Where a frame doesn't show what the anchor shows, its own
    detail is taken. ``inputs`` and ``source`` give frames of the same size. Unless ``everywhere``, detail is added only
    where the change hides the input (`opacity`): where it only tints the input, the input's grain is there already.
    """
    anchor = anchor_index(count)

    def with_lost(index: int) -> Tensor:
        picture = pictures([index])
        lost = high_frequency_detail(source([index]) - picture)
        if not everywhere:
            lost = opacity(picture - inputs([index]), settings) * lost
        return torch.cat([picture, lost], dim=1)[0]

    both = cached(with_lost, 2)

    def made(index: int) -> Tensor:
        picture, own = both([index]).chunk(2, dim=1)
        if index == anchor:
            return picture + own
        flows = flow([(index, anchor)], inputs([index]), inputs([anchor]))
        there, strokes_there = both([anchor]).chunk(2, dim=1)
        seen = visibility(flows.error_ab, settings.detail_sharpness)
        if settings.output_consistency is not None:
            seen = seen * photometric_consistency(picture, there, flows.ab, settings.output_consistency)
        carried = warp(strokes_there, flows.ab, mode=settings.interpolation)
        return picture + seen * carried + (1 - seen) * own

    return lambda frames: torch.cat([made(index) for index in frames])


def high_frequency_detail(lost: Tensor) -> Tensor:
    """The high-frequency part of ``lost`` (N, C, S, S), same shape. Colours and shades flicker and are left out."""
    return lost - low_pass(low_pass(lost))
