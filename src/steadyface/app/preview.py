"""A preview of an edit on one frame, in seconds.

The frame's code is the encoder's, refined for a few steps and cached. The preview is the method's target for a frame
(`temporal/target.py`): the input plus the edit's change, inside the edit's mask. The generator isn't tuned, the
strength isn't calibrated on the clip, and other frames are not used, so that the run's result differs a little.
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

from steadyface.app.choices import MODEL
from steadyface.app.clips import Clip
from steadyface.app.faces import FoundFaces
from steadyface.clip.aligned import Aligned
from steadyface.clip.change import with_change
from steadyface.clip.folder import FrameFolder, to_image
from steadyface.clip.synthesis import Synthesis
from steadyface.critics.lpips import Lpips
from steadyface.editing import catalogue
from steadyface.editing.edit import apply_edits
from steadyface.editing.mask import edit_mask, preserved_parts
from steadyface.editing.settings import Masking
from steadyface.errors import FaceError, InputError
from steadyface.faces.align import crop, crop_matrix, quads
from steadyface.faces.resample import apply
from steadyface.faces.settings import Alignment
from steadyface.faces.smooth import smooth
from steadyface.gan.base import Generator
from steadyface.gan.load import load_generator
from steadyface.inversion.encoder import Encoder
from steadyface.inversion.refine import refine_codes, starting_codes
from steadyface.inversion.settings import Refinement
from steadyface.report.labels import text_line
from steadyface.runtime.device import choose_device
from steadyface.stages.person import person_over
from steadyface.stitching.compositor import Compositor
from steadyface.stitching.paste import paste
from steadyface.stitching.settings import Compositing
from steadyface.video.reader import read_frames

Image = NDArray[np.uint8]
KEPT = 16
"""Number of frames whose codes stay in memory."""


@dataclass(frozen=True)
class Effort:
    """How long the code of a frame is refined."""

    first: int = 16
    """Steps on the first frame of a face."""
    later: int = 6
    """Steps on another frame of the same face, which starts from the correction found for an earlier one."""
    learning_rate: float = 0.05


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
    """A clip of this frame only."""
    start: Tensor
    """(1, num_ws, w_dim): the encoder's code."""
    ws: Tensor
    """The refined code."""


@dataclass(frozen=True)
class _Models:
    generator: Generator
    lpips: Lpips
    encoder: Encoder


class Previewer:
    """Makes previews; keeps the networks and the codes of the latest frames in memory."""

    def __init__(self, effort: Effort | None = None, device: str = "auto") -> None:
        self._effort = effort or Effort()
        self._device = device
        self._sketches: OrderedDict[tuple[object, ...], _Sketch] = OrderedDict()
        self._crops = tempfile.TemporaryDirectory(prefix="steadyface-preview-")
        self._numbers = 0

    def show(self, clip: Clip, found: FoundFaces, face: int, index: int, edits: Sequence[catalogue.Request]) -> Preview:
        """Edit frame ``index`` of the clip.

        Raises `InputError` for a frame in which the face wasn't found, `FaceError` for a face that doesn't exist.
        """
        sketch = self._sketch(clip, found, face, index)
        generator = self._models.generator
        with torch.no_grad():
            styles = [catalogue.load_style(each) for each in edits if catalogue.is_style(each)]
            of_codes = [catalogue.load(each) for each in edits if not catalogue.is_style(each)]
            effects = [edit.card.effect for edit in of_codes] + [style.card.effect for style in styles]
            styled = reduce(lambda plain, style: style(plain), styles, generator)
            before = Synthesis(sketch.ws, generator)
            direct = Synthesis(apply_edits(of_codes, sketch.ws, generator), styled)
            plain, real = before([0]), sketch.one.inputs([0])
            change = explained(real, plain) * (direct([0]) - plain)
            where, parts = edit_mask(sketch.one, Masking(), effects), preserved_parts(effects)
            with_edit = plain + change
            compositor = Compositor.of(sketch.one, lambda _: plain, lambda _: with_edit, where, parts, Compositing())
            target = with_change(real, plain, with_edit, where)
            aligned = to_image(compositor.composite(lambda _: target, lambda _: plain)([0]))
        after = paste(sketch.frame, aligned, compositor.wide(0), sketch.one.quads[0])
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
        """The frame, and its crop as a run would cut it."""
        if not 1 <= face <= len(found.tracks):
            raise FaceError(f"there is no face {face}: {len(found.tracks)} found")
        track = found.tracks[face - 1]
        at = index - found.frames[0] - track.first
        if not 0 <= at < len(track.landmarks):
            raise InputError(f"face {face} is not in frame {index}; choose another frame")
        frame = next(read_frames(clip.path, index, index + 1)).image
        size = self._models.generator.resolution
        alignment = Alignment()
        corners = quads(track.landmarks, alignment)[at]
        points = apply(crop_matrix(corners, size), smooth(track.landmarks, alignment.landmark_sigma)[at])
        self._numbers += 1
        crops = FrameFolder(Path(self._crops.name) / str(self._numbers), self._models.generator.w_mean.device)
        crops.write(0, crop(frame, corners, size))
        return frame, Aligned(corners[None], points[None], person_over(crops, 1), crops)

    def _fit(self, clip: Clip, aligned: tuple[Image, Aligned], known: _Sketch | None) -> _Sketch:
        frame, one = aligned
        models, steps = self._models, self._effort.later if known else self._effort.first
        settings = replace(
            Refinement(),
            motions=0,
            common_steps=steps,
            steps_per_frame=0,
            common_learning_rate=self._effort.learning_rate,
        )
        with torch.no_grad():
            start = starting_codes(models.generator, models.encoder(one.inputs([0])), settings.motion_side)
        # The correction found for another frame of this person fits this one, too, except for pose, mouth and eyes
        begin = start if known is None else start + (known.ws - known.start)
        ws = refine_codes(
            models.generator, begin, one.inputs, begin.new_zeros(1, 0), models.lpips, settings, seed=0
        )  # fmt: skip
        return _Sketch(frame, one, start, ws)


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
