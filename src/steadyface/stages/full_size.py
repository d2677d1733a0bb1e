"""What is learnt at 256 px is drawn at 512 or 1024: where the face in the file is that large."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from steadyface.clip.aligned import Aligned
from steadyface.clip.folder import FrameFolder
from steadyface.clip.frames import Frames, cached, enlarge, selected, shrink
from steadyface.clip.layer import with_change
from steadyface.clip.synthesis import Synthesis
from steadyface.faces.align import crop
from steadyface.gan.load import load_generator
from steadyface.gan.models import of_size
from steadyface.inversion.full_size import FullSize, teach
from steadyface.inversion.keyframes import Poses
from steadyface.stages.context import StageContext
from steadyface.stages.footage import frames_of
from steadyface.stages.on_disk import fill
from steadyface.stages.settings import Detail, Large

_ENOUGH = 1.1
"""A picture may be enlarged by this factor before the next larger size is drawn."""


@dataclass(frozen=True)
class LargeCrops:
    """Crops of the input at full size: of the frames that may be anchors, which the keyframes are."""

    size: int
    """D: their side in px."""
    pictures: Frames
    """By the numbers of these frames: (len, 3, D, D)."""


@dataclass(frozen=True)
class FullSizeFrames:
    """The clip at full size, with and without the edit; the input only where `LargeCrops` has it."""

    large: LargeCrops
    before: Frames
    """(len, 3, R, R), R at least D."""
    edited: Frames

    def carried(self, where: Callable[[int], Tensor]) -> Frames:
        """The edit's change on the input, and the input, (len, 6, D, D), of frames that may be anchors, by number.

        ``where`` gives the mask (1, 1, S, S) of a frame.
        """

        def made(index: int) -> Tensor:
            real = self.large.pictures([index])
            return self.changed(index, real, where(index))[0]

        return cached(made, 1)

    @torch.no_grad()
    def changed(self, index: int, real: Tensor, where: Tensor) -> Tensor:
        """Any frame's change on the input (1, 3, S, S), which is enlarged: (1, 6, D, D), as `carried`."""
        size = self.large.size
        real, mask = enlarge(real, size), enlarge(where, size).clamp(0, 1)
        before, edited = (shrink(frames([index]), size) for frames in (self.before, self.edited))
        return torch.cat([with_change(real, before, edited, mask), real], dim=1)


def size_for(quads: NDArray[np.floating], sizes: Sequence[int]) -> int:
    """The smallest of ``sizes`` at which crops of these quads (T, 4, 2) are enlarged by at most a tenth, or the last.

    What counts is the quads' median side, in px of the frames.
    """
    side = float(np.median(np.linalg.norm(quads[:, 3] - quads[:, 0], axis=1)))
    return next((size for size in sizes if side <= _ENOUGH * size), sizes[-1])


def cut_out(context: StageContext, settings: Large, clip: Aligned, poses: Poses) -> LargeCrops | None:
    """The keyframes' crops at full size, on disk; None if the small generator's pictures are large enough."""
    size = size_for(clip.quads, settings.sizes) if settings.sizes else settings.learnt
    if size <= settings.learnt:
        return None
    folder = FrameFolder(context.run.path("aligned", "keyframes"), context.device)

    def crops() -> Iterator[NDArray[np.uint8]]:
        for row, frame in frames_of(settings.source.path, settings.frames, clip.segments):
            if row in poses.anchors:
                yield crop(frame.image, clip.quads[row], size)

    fill(folder, context.run, "keyframes", context.key, len(poses.anchors), crops)
    return LargeCrops(size, lambda rows: folder([poses.anchors.index(row) for row in rows]))


def learn(
    context: StageContext,
    settings: Detail,
    edited: Synthesis,
    adapted: Synthesis,
    large: LargeCrops,
    poses: Poses,
) -> FullSize:
    """Teach the layers that only the large generator has."""
    keys = poses.keyframes
    before, after = (Synthesis(clip.ws[keys], clip.generator) for clip in (adapted, edited))
    return teach(
        FullSize.untaught(load_generator(of_size(large.size)).to(context.device), context.generator), before, after,
        selected(large.pictures, keys), context.lpips, settings.tuning,
        seed=settings.seed, checkpoint=context.checkpoint, watch=context.watch,
    )  # fmt: skip
