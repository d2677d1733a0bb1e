"""What an edit will look like, on one frame, in seconds.

The frame's code is the encoder's, refined for a few steps and kept; the preview is what the method aims at for each
frame (`consistency/wanted.py`): the input plus what the edit changes, where it may. The generator isn't tuned, the
strength isn't calibrated on the clip and nothing is known of other frames, so that the run's result differs a little.
"""

import tempfile
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, reduce
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from steadyface.aligned import Aligned, person_over
from steadyface.app.choices import MODEL
from steadyface.app.clips import Clip
from steadyface.app.faces import FoundFaces
from steadyface.critics.lpips import Lpips
from steadyface.device import choose_device
from steadyface.editing import catalogue
from steadyface.editing.change import with_change
from steadyface.errors import FaceError, InputError
from steadyface.faces.align import crop, crop_matrix, quads
from steadyface.faces.resample import apply
from steadyface.faces.smooth import LANDMARK_SIGMA, smooth
from steadyface.frames import FrameFolder, to_image
from steadyface.gan.base import Generator
from steadyface.gan.load import load_generator
from steadyface.inversion.encoder import Encoder
from steadyface.inversion.refine import refine_codes, starting_codes
from steadyface.inversion.settings import Refinement
from steadyface.pipeline import apply_all
from steadyface.render import Seams, Synthesis
from steadyface.report.labels import text_line
from steadyface.shown import parts_kept, where_edits_show
from steadyface.stitching.paste import paste
from steadyface.stitching.settings import Stitching
from steadyface.video.reader import read_frames

Image = NDArray[np.uint8]
KEPT = 16
"""Frames whose codes stay in memory."""


@dataclass(frozen=True)
class Effort:
    """How long a frame is refined."""

    first: int = 16
    """Steps on the first frame of a face."""
    later: int = 6
    """Steps on another frame of the same face: it begins with what the first ones found."""
    rate: float = 0.05


@dataclass(frozen=True)
class Preview:
    """A frame before and after."""

    before: Image
    after: Image
    """(H, W, 3), with the word "preview" in the lower right corner."""


@dataclass(frozen=True)
class _Sketch:
    frame: Image
    one: Aligned
    """The clip of this frame alone."""
    start: Tensor
    """(1, num_ws, w_dim): the encoder's code."""
    ws: Tensor
    """The refined one."""


@dataclass(frozen=True)
class _Models:
    generator: Generator
    lpips: Lpips
    encoder: Encoder


class Previewer:
    """Makes previews; keeps the networks and the codes of the latest frames."""

    def __init__(self, effort: Effort | None = None, device: str = "auto") -> None:
        self._effort = effort or Effort()
        self._device = device
        self._sketches: OrderedDict[tuple[object, ...], _Sketch] = OrderedDict()
        self._crops = tempfile.TemporaryDirectory(prefix="steadyface-preview-")
        self._numbers = 0

    def show(self, clip: Clip, found: FoundFaces, face: int, index: int, edits: Sequence[catalogue.Request]) -> Preview:
        """Edit frame ``index`` (counted in the clip).

        Raises `InputError` for a frame outside the part that ``found`` is of, `FaceError` when the face isn't there.
        """
        sketch = self._sketch(clip, found, face, index)
        generator = self._models.generator
        with torch.no_grad():
            styles = [catalogue.load_style(each) for each in edits if catalogue.is_style(each)]
            of_codes = [catalogue.load(each) for each in edits if not catalogue.is_style(each)]
            cards = [edit.card for edit in of_codes] + [style.card for style in styles]
            styled = reduce(lambda plain, style: style(plain), styles, generator)
            before = Synthesis(sketch.ws, generator)
            direct = Synthesis(apply_all(of_codes, sketch.ws, generator), styled)
            plain, real = before([0]), sketch.one.inputs([0])
            change = explained(real, plain) * (direct([0]) - plain)
            where = where_edits_show(sketch.one, *cards)
            keeps = parts_kept(cards)
            seams = Seams.of(sketch.one, lambda _: plain, lambda _: plain + change, where, keeps, Stitching())
            target = with_change(real, change, where)
            aligned = to_image(seams.composite(lambda _: target, lambda _: plain)([0]))
        after = paste(sketch.frame, aligned, seams.wide(0), sketch.one.quads[0])
        return Preview(sketch.frame, _labelled(after))

    @cached_property
    def _models(self) -> _Models:
        device = choose_device(self._device)
        lpips = Lpips("alex").to(device)
        return _Models(load_generator(MODEL).to(device), lpips, Encoder(lpips).to(device))

    def _sketch(self, clip: Clip, found: FoundFaces, face: int, index: int) -> _Sketch:
        person = (clip.path, found.frames, face)
        key = (*person, index)
        if key not in self._sketches:
            known = next((kept for each, kept in reversed(self._sketches.items()) if each[:3] == person), None)
            self._sketches[key] = self._fit(clip, self._aligned(clip, found, face, index), known)
            while len(self._sketches) > KEPT:
                self._sketches.popitem(last=False)[1].one.inputs.clear()
        self._sketches.move_to_end(key)
        return self._sketches[key]

    def _aligned(self, clip: Clip, found: FoundFaces, face: int, index: int) -> tuple[Image, Aligned]:
        """The frame and its crop, cut as the run cuts it."""
        if not 1 <= face <= len(found.tracks):
            raise FaceError(f"there is no face {face}: {len(found.tracks)} found")
        track = found.tracks[face - 1]
        at = index - found.frames[0] - track.first
        if not 0 <= at < len(track.landmarks):
            raise InputError(f"face {face} is not in frame {index}; choose another frame")
        frame = next(read_frames(clip.path, index, index + 1)).image
        size = self._models.generator.resolution
        corners = quads(track.landmarks)[at]
        points = apply(crop_matrix(corners, size), smooth(track.landmarks, LANDMARK_SIGMA)[at])
        self._numbers += 1
        crops = FrameFolder(Path(self._crops.name) / str(self._numbers), self._models.generator.w_mean.device)
        crops.write(0, crop(frame, corners, size))
        return frame, Aligned(corners[None], points[None], person_over(crops, 1), crops)

    def _fit(self, clip: Clip, aligned: tuple[Image, Aligned], known: _Sketch | None) -> _Sketch:
        frame, one = aligned
        models, steps = self._models, self._effort.later if known else self._effort.first
        settings = replace(
            Refinement(), motions=0, common_steps=steps, steps_per_frame=0, common_rate=self._effort.rate, smoothing=0.0
        )
        with torch.no_grad():
            start = starting_codes(models.generator, models.encoder(one.inputs([0])), settings.motion_side)
        # What was found of this person in another frame is true in this one too, up to pose, mouth and eyes
        begin = start if known is None else start + (known.ws - known.start)
        ws = refine_codes(
            models.generator, begin, one.inputs, begin.new_zeros(1, 0), models.lpips, settings, seed=0
        )  # fmt: skip
        return _Sketch(frame, one, start, ws)


def explained(real: Tensor, plain: Tensor, full: float = 0.1, none: float = 0.25) -> Tensor:
    """Where an inversion is close enough to the frame to lend it a change: (N, 1, H, W) in [0, 1], blurred.

    ``real`` and ``plain`` (N, 3, H, W) in [-1, 1]; a difference up to ``full`` counts fully, from ``none`` on not at
    all. After a few steps the contours of the head aren't where the frame has them, and what an edit does to them there
    would be a ghost beside it.
    """
    error = blurred((real - plain).abs().mean(dim=1, keepdim=True))
    return blurred(((none - error) / (none - full)).clamp(0.0, 1.0))


def blurred(image: Tensor) -> Tensor:
    """Averaged over a 28th of its side, twice: (N, C, H, W)."""
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
