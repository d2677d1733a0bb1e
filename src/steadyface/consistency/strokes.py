"""Strokes of a drawing, strands of hair, wrinkles: what averaging takes, given back from one frame. Ours.

Every frame of a drawing has strokes of its own, whose mean is grey. Those of the anchor, carried along the input's
flow, stay what they are, and go where the face goes.
"""

import torch
from torch import Tensor

from steadyface.consistency.flows import Frames, PairFlow, kept
from steadyface.consistency.losses import coarser
from steadyface.consistency.masks import agreement
from steadyface.consistency.pairs import anchor_index
from steadyface.consistency.settings import Averaging
from steadyface.consistency.wanted import hides
from steadyface.flow.occlusion import visibility
from steadyface.flow.warp import warp


def with_strokes(
    pictures: Frames,
    source: Frames,
    inputs: Frames,
    flow: PairFlow,
    count: int,
    settings: Averaging,
    *,
    everywhere: bool,
) -> Frames:
    """The averaged pictures (len, 3, R, R) of ``count`` frames, with the strokes that the anchor has in ``source``.

    ``inputs`` and ``source`` give frames of the same size. Where a frame does not show what the anchor shows, its
    strokes are its own of ``source``. Unless ``everywhere``, there are strokes where the change `hides` the input only:
    of a generator's picture, what tints has the grain of the input.
    """
    anchor = anchor_index(count)

    def with_lost(index: int) -> Tensor:
        picture = pictures([index])
        lost = strokes(source([index]) - picture)
        if not everywhere:
            lost = hides(picture - inputs([index]), settings) * lost
        return torch.cat([picture, lost], dim=1)[0]

    both = kept(with_lost, 2)

    def made(index: int) -> Tensor:
        picture, own = both([index]).chunk(2, dim=1)
        if index == anchor:
            return picture + own
        flows = flow([(index, anchor)], inputs([index]), inputs([anchor]))
        there, strokes_there = both([anchor]).chunk(2, dim=1)
        seen = visibility(flows.error_ab, settings.strokes)
        if settings.likeness is not None:
            seen = seen * agreement(picture, there, flows.ab, settings.likeness)
        carried = warp(strokes_there, flows.ab, mode=settings.interpolation)
        return picture + seen * carried + (1 - seen) * own

    return lambda frames: torch.cat([made(index) for index in frames])


def strokes(lost: Tensor) -> Tensor:
    """What is fine in ``lost`` (N, C, S, S), the same shape: colours and shades, which flicker, are left out."""
    return lost - coarser(coarser(lost))
