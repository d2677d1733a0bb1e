"""Means over frames in the face's own coordinates: those of one frame, the anchor, or of a few if the head turns. Ours.

Each frame is warped onto the anchor once. There, frames are averaged pixel by pixel, and the mean is warped back: one
flow there and one back for each frame, however many frames the mean is over, and no drift.
"""

import math
from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor

from steadyface.clip.frames import Frames, cached, enlarge
from steadyface.clip.segments import Segments
from steadyface.consistency.flows import Flows, PairFlow
from steadyface.flow.blur import blurred
from steadyface.flow.occlusion import visibility
from steadyface.flow.warp import in_bounds, warp
from steadyface.temporal.anchors import Anchors
from steadyface.temporal.settings import Averaging

KEPT = 24
"""Keyframes, at most, whose pictures on the anchor's grid stay in memory."""
Flow = Callable[[int, int], Flows]
"""A frame's number and an anchor's -> the flow between them."""
Visible = Callable[[int], Tensor]
"""A frame's number -> where nothing is in front of the face there, (1, 1, S, S) in [0, 1]."""
Neighbours = Callable[[int], Mapping[int, float]]
"""Frame number -> the frames that it is averaged over, and their weights."""


def around(radius: int, segments: Segments, every: int = 1) -> Neighbours:
    """The ``radius`` frames of its segment on either side, or one of ``every``, with the weights of a Gaussian."""

    def weights(index: int) -> dict[int, float]:
        own = segments.around(index)
        near = range(max(own.start, index - radius), min(own.stop, index + radius + 1))
        taken = [n for n in near if n % every == 0] or [index]
        return {n: math.exp(-2 * ((n - index) / max(radius, 1)) ** 2) for n in taken}

    return weights


def equally(frames: Sequence[int]) -> Neighbours:
    """The same frames for each, with equal weights."""
    return lambda index: dict.fromkeys(frames, 1.0)


def averaged(
    pictures: Frames,
    otherwise: Frames,
    inputs: Frames,
    flow: PairFlow,
    back: Flow,
    anchors: Anchors,
    neighbours: Neighbours,
    settings: Averaging,
    full: Frames | None = None,
    visible: Visible | None = None,
) -> Frames:
    """Pictures (len, C, S, S), any number of channels, averaged over ``neighbours`` in the anchors' coordinates.

    ``inputs`` (len, 3, S, S) are the frames along whose ``flow`` they are warped; ``back`` is that of the way back, on
    which errors show. Of several anchors, each has the mean of the frames that belong to it, and a frame the means of
    those that it belongs to, by its shares. Means are soft: their fine detail (`Averaging.detail`) is replaced by that
    of the anchor's own picture, which moves with the face. ``full`` gives the anchors' pictures at a larger size D, and
    the result is of that size: only fine detail needs it, and that is the anchors'. What is not ``visible`` has no part
    in means. Where a frame does not show what an anchor shows, it keeps its own picture, as ``otherwise`` gives it:
    never a mean of different things.
    """
    numbers = range(len(anchors.frames))

    def soft(images: Tensor) -> Tensor:
        return blurred(images, settings.detail * images.shape[-1])

    def onto_anchor(place: int) -> Tensor:
        """A picture on the grid of an anchor, and how far each pixel is visible."""
        index, which = divmod(place, len(numbers))
        picture, anchor = pictures([index]), anchors.frames[which]
        shown = visible(index) if visible is not None else torch.ones_like(picture[:, :1])
        if index == anchor:
            return torch.cat([picture, shown], dim=1)[0]
        flows = flow([(anchor, index)], inputs([anchor]), inputs([index]))
        seen = visibility(flows.error_ab, settings.sharpness) * in_bounds(flows.ab) * warp(shown, flows.ab)
        return torch.cat([warp(picture, flows.ab), seen], dim=1)[0]

    near = 2 * (settings.radius // settings.every) + 2
    carried = cached(onto_anchor, max(KEPT, near * min(2, len(numbers))))

    def mean_at(which: int, index: int) -> tuple[Tensor, Tensor]:
        """The mean, (1, C, S, S), and the share of its weight that was visible, (1, 1, S, S)."""
        total, weights, whole = torch.zeros(()), torch.zeros(()), 0.0
        for frame, closeness in neighbours(index).items():
            weight = closeness * float(anchors.shares[frame, which])
            if weight:
                stack = carried([frame * len(numbers) + which])
                total = total + weight * stack[:, -1:] * stack[:, :-1]
                weights = weights + weight * stack[:, -1:]
                whole += weight
        return total / weights.clamp_min(1e-4), weights / max(whole, 1e-4)

    def fine_detail(which: int) -> Tensor:
        picture = (full or pictures)([anchors.frames[which]])
        return (picture - soft(picture))[0]

    details = cached(fine_detail, len(numbers))

    def from_anchor(which: int, index: int, picture: Tensor) -> Tensor:
        """A frame, by the mean of one anchor, or its own ``picture``."""
        detail, anchor = details([which]), anchors.frames[which]
        size = detail.shape[-1]
        mean, seen = mean_at(which, index)
        if not seen.any():
            return picture
        if index == anchor:
            return torch.lerp(picture, enlarge(soft(mean), size) + detail, enlarge(seen, size).clamp(0, 1))
        flows = back(index, anchor)
        smooth = enlarge(soft(warp(mean, flows.ab, mode="bicubic")), size)
        trust = visibility(flows.error_ab, settings.trust) * in_bounds(flows.ab)
        trust = trust * (warp(seen, flows.ab) / settings.seen).clamp(0, 1)
        scale = size / mean.shape[-1]
        fine = warp(detail, scale * enlarge(flows.ab, size), mode="bicubic")
        return torch.lerp(picture, smooth + fine, enlarge(trust, size).clamp(0, 1))

    def made(index: int) -> Tensor:
        picture = enlarge(otherwise([index]), details([0]).shape[-1])
        shares = [(which, float(anchors.shares[index, which])) for which in numbers]
        return torch.stack([share * from_anchor(which, index, picture) for which, share in shares if share]).sum(0)

    return lambda frames: torch.cat([made(index) for index in frames])


def averaged_with_neighbours(
    pictures: Frames,
    inputs: Frames,
    flow: PairFlow,
    neighbours: Neighbours,
    sharpness: float,
    visible: Visible | None = None,
) -> Frames:
    """Pictures (len, C, S, S) averaged over ``neighbours``, a frame or two away.

    Each is warped along the flow of the inputs (len, 3, S, S) and weighted by its visibility; ``visible`` as above.
    """

    def made(index: int) -> Tensor:
        total, weights = torch.zeros(()), torch.zeros(())
        for frame, weight in neighbours(index).items():
            picture = pictures([frame])
            seen = torch.ones_like(picture[:, :1])
            if frame != index:
                flows = flow([(index, frame)], inputs([index]), inputs([frame]))
                picture = warp(picture, flows.ab, mode="bicubic")
                seen = visibility(flows.error_ab, sharpness)
                if visible is not None:
                    seen = seen * warp(visible(frame), flows.ab)
            total, weights = total + weight * seen * picture, weights + weight * seen
        return total / weights

    return lambda frames: torch.cat([made(index) for index in frames])
