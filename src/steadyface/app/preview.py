"""The page's preview: an edit on one frame (`preview.sketch`), with the codes of the latest frames in memory."""

import tempfile
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import torch

from steadyface.app.choices import MODEL
from steadyface.app.clips import Clip
from steadyface.clip.folder import FrameFolder
from steadyface.critics.lpips import Lpips
from steadyface.editing import catalogue
from steadyface.errors import InputError
from steadyface.faces.align import quads
from steadyface.faces.settings import Alignment
from steadyface.faces.smooth import smooth
from steadyface.gan.base import Generator
from steadyface.gan.load import load_generator
from steadyface.inversion.encoder import Encoder
from steadyface.preview.people import FoundPeople
from steadyface.preview.settings import Sketching
from steadyface.preview.sketch import Image, Sketch, cut_out, edited, fit
from steadyface.runtime.device import choose_device
from steadyface.video.reader import read_frames

KEPT = 16
"""Number of frames whose codes stay in memory."""


@dataclass(frozen=True)
class Effort:
    """How long the code of a frame is refined."""

    first: int = 16
    """Steps on the first frame of a face."""
    later: int = 6
    """Steps on another frame of the same face, which starts from the correction found for an earlier one."""


@dataclass(frozen=True)
class Preview:
    """A frame before and after."""

    before: Image
    after: Image
    """(H, W, 3), with the word "preview" in the lower right corner."""


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
        self._sketches: OrderedDict[tuple[object, ...], Sketch] = OrderedDict()
        self._crops = tempfile.TemporaryDirectory(prefix="steadyface-preview-")
        self._numbers = 0

    def show(
        self, clip: Clip, found: FoundPeople, face: int, index: int, edits: Sequence[catalogue.Request]
    ) -> Preview:
        """Edit frame ``index`` of the clip.

        Raises `InputError` for a frame in which the face wasn't found, `FaceError` for a face that doesn't exist.
        """
        sketch = self._sketch(clip, found, face, index)
        styles = [catalogue.load_style(each) for each in edits if catalogue.is_style(each)]
        of_codes = [catalogue.load(each) for each in edits if not catalogue.is_style(each)]
        return Preview(sketch.frame, edited(sketch, of_codes, styles, self._models.generator))

    @cached_property
    def _models(self) -> _Models:
        device = choose_device(self._device)
        lpips = Lpips("alex").to(device)
        return _Models(load_generator(MODEL).to(device), lpips, Encoder(lpips).to(device))

    def _sketch(self, clip: Clip, found: FoundPeople, face: int, index: int) -> Sketch:
        person = (clip.path, found.frames, face)
        key = (*person, index)
        if key not in self._sketches:
            known = next((kept for each, kept in reversed(self._sketches.items()) if each[:3] == person), None)
            self._sketches[key] = self._fit(clip, found, face, index, known)
            while len(self._sketches) > KEPT:
                self._sketches.popitem(last=False)[1].one.inputs.clear()
        self._sketches.move_to_end(key)
        return self._sketches[key]

    def _fit(self, clip: Clip, found: FoundPeople, face: int, index: int, known: Sketch | None) -> Sketch:
        """Refine the code of a frame, cut out as a run would."""
        number = index - found.frames[0]
        track = next((each for each in found.person(face).tracks if each.first <= number < each.end), None)
        if track is None:
            raise InputError(f"face {face} is not in frame {index}; choose another frame")
        at = number - track.first
        frame = next(read_frames(clip.path, index, index + 1)).image
        models, alignment = self._models, Alignment()
        self._numbers += 1
        crops = FrameFolder(Path(self._crops.name) / str(self._numbers), models.generator.w_mean.device)
        points = smooth(track.landmarks, alignment.landmark_sigma)[at]
        one = cut_out(frame, quads(track.landmarks, alignment)[at], points, crops, models.generator.resolution)
        with torch.no_grad():
            guess = models.encoder(one.inputs([0]))
        settings = Sketching(self._effort.later if known else self._effort.first)
        return fit(frame, one, guess, models.generator, models.lpips, settings, known)
