"""A sketch of an edit on one frame.

The frame's code is the encoder's, refined for a few steps. The sketch is the method's target for a frame
(`temporal/target.py`): the input plus the edit's change, inside the edit's mask. The generator isn't tuned, the
strength isn't calibrated on the clip, and other frames are not used, so that the run's result differs a little.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from steadyface.clip.aligned import Aligned
from steadyface.clip.folder import FrameFolder
from steadyface.clip.layer import Layer, with_change
from steadyface.clip.segments import Segments
from steadyface.clip.synthesis import Synthesis
from steadyface.critics.lpips import Lpips
from steadyface.editing.edit import CodeEdit, apply_edits
from steadyface.editing.mask import edit_mask, preserved_parts
from steadyface.editing.settings import Masking
from steadyface.editing.style import Style
from steadyface.faces.align import crop, crop_matrix
from steadyface.faces.resample import apply
from steadyface.gan.base import Generator
from steadyface.inversion.refine import refine_codes, starting_codes
from steadyface.inversion.settings import Refinement
from steadyface.preview.settings import Sketching
from steadyface.report.labels import text_line
from steadyface.stages.person import person_over
from steadyface.stitching.compositor import Compositor
from steadyface.stitching.paste import paste
from steadyface.stitching.settings import Compositing

Image = NDArray[np.uint8]


@dataclass(frozen=True)
class Sketch:
    """A frame with its code."""

    frame: Image
    """(H, W, 3)"""
    one: Aligned
    """A clip of this frame only."""
    start: Tensor
    """(1, num_ws, w_dim): the encoder's code."""
    ws: Tensor
    """The refined code."""


def cut_out(
    frame: Image, corners: NDArray[np.floating], points: NDArray[np.floating], crops: FrameFolder, size: int
) -> Aligned:
    """A clip of one frame (H, W, 3), cut out as a run would: ``size`` px, written into the folder ``crops``.

    ``corners`` (4, 2) and landmarks ``points`` (468, 2) are in px of the frame.
    """
    crops.write(0, crop(frame, corners, size))
    inside = apply(crop_matrix(corners, size), points)
    quads, landmarks = (np.asarray(each[None], np.float64) for each in (corners, inside))
    return Aligned(quads, landmarks, person_over(crops, 1), crops, Segments.whole(1))


def fit(
    frame: Image,
    one: Aligned,
    guess: Tensor,
    generator: Generator,
    lpips: Lpips,
    settings: Sketching,
    known: Sketch | None = None,
) -> Sketch:
    """Refine the encoder's guess, (1, w_dim) or (1, num_ws, w_dim), on this frame.

    ``known`` is a sketch of another frame of the same face, whose correction this one starts from.
    """
    how = replace(
        Refinement(),
        motions=0,
        common_steps=settings.steps,
        steps_per_frame=0,
        common_learning_rate=settings.learning_rate,
    )
    with torch.no_grad():
        start = starting_codes(generator, guess, how.motion_side)
    # The correction found for another frame of this person fits this one, too, except for pose, mouth and eyes
    begin = start if known is None else start + (known.ws - known.start)
    ws = refine_codes(generator, begin, one.inputs, begin.new_zeros(1, 0), lpips, how, seed=0)
    return Sketch(frame, one, start, ws)


@torch.no_grad()
def edited(sketch: Sketch, edits: Sequence[CodeEdit], styles: Sequence[Style], generator: Generator) -> Image:
    """The frame with these edits, (H, W, 3), and the word "preview" in its lower right corner."""
    effects = [edit.card.effect for edit in edits] + [style.card.effect for style in styles]
    styled = reduce(lambda plain, style: style(plain), styles, generator)
    before = Synthesis(sketch.ws, generator)
    direct = Synthesis(apply_edits(edits, sketch.ws, generator), styled)
    plain, real = before([0]), sketch.one.inputs([0])
    change = explained(real, plain) * (direct([0]) - plain)
    where, parts = edit_mask(sketch.one, Masking(), effects), preserved_parts(effects)
    with_edit = plain + change
    compositor = Compositor.of(sketch.one, lambda _: plain, lambda _: with_edit, where, parts, Compositing())
    drawn = Layer.of_means(with_change(real, plain, with_edit, where), real).packed()
    layer = compositor.with_preserved(lambda _: drawn, lambda _: with_edit, lambda _: plain)([0])[0].cpu().numpy()
    return _labelled(paste(sketch.frame, layer, compositor.mask(0), sketch.one.quads[0]))


def explained(real: Tensor, plain: Tensor, full: float = 0.1, none: float = 0.25) -> Tensor:
    """Where an inversion is close enough to the frame to carry a change over: (N, 1, H, W) in [0, 1], blurred.

    ``real`` and ``plain`` are (N, 3, H, W) in [-1, 1]. Up to a difference of ``full`` the mask is 1, from ``none`` on
    it is 0. After a few steps the contours of the head don't match the frame's: a change of them would give a ghost
    beside the head.
    """
    error = blurred((real - plain).abs().mean(dim=1, keepdim=True))
    return blurred(((none - error) / (none - full)).clamp(0.0, 1.0))


def blurred(image: Tensor) -> Tensor:
    """A box filter of a 28th of the side, applied twice: (N, C, H, W)."""
    side = image.shape[-1] // 56 * 2 + 1
    for _ in range(2):
        image = F.avg_pool2d(image, side, 1, side // 2, count_include_pad=False)
    return image


def _labelled(image: Image) -> Image:
    label = text_line("preview", max(14, image.shape[0] // 16))
    height, width = label.shape[:2]
    if height > image.shape[0] or width > image.shape[1]:
        return image
    marked = image.copy()
    marked[-height:, -width:] = label
    return marked
