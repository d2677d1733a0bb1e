"""Last stage: the aligned pictures to PNG, back into their frames, and the frames to video."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from steadyface.aligned import Aligned, person_around
from steadyface.consistency.flows import Frames
from steadyface.editing.change import change_mask
from steadyface.editing.parts import Part
from steadyface.frames import FrameFolder, spread, to_image
from steadyface.gan.base import Generator
from steadyface.job import FrameRange
from steadyface.run import Run, Tensors
from steadyface.stitching.beyond import Beyond, carried, inner, outline, reaches_border, wide_side, widened
from steadyface.stitching.kept import mask_of, with_kept
from steadyface.stitching.mask import paste_mask, seam, spread_change, window
from steadyface.stitching.paste import paste
from steadyface.stitching.settings import Stitching
from steadyface.video.info import VideoInfo
from steadyface.video.reader import Frame, read_frames
from steadyface.video.writer import write_video

Floats = NDArray[np.float32]
Faces = tuple[FrameFolder, Callable[[int], Floats]]
"""Aligned pictures, and the mask that each is pasted with."""

PROBES = 12
"""Frames, spread over the clip, that say where and how much the edit changes the picture."""

_GROUND = 0.5
"""Of `outline`, where a picture is cut out: less would bring a rim of its background along."""
_SURE = -0.05
"""By how much the face's outline is narrowed, as a part of the crop's side, to be the person's for sure."""
CUT_OUT = (_GROUND, _SURE)
"""What decides on where a picture is cut out."""


def probe_frames(count: int) -> list[int]:
    """At most `PROBES` frame numbers, evenly spread over a clip of ``count``."""
    return spread(count, PROBES)


@dataclass(frozen=True)
class Synthesis:
    """A clip as codes and the generator that shows them; called with frame numbers: (len, 3, R, R) in [-1, 1]."""

    ws: Tensor
    """(T, num_ws, w_dim)"""
    generator: Generator

    def __call__(self, frames: Sequence[int]) -> Tensor:
        """Synthesise these frames."""
        return self.generator.synthesis(self.ws[list(frames)])


@dataclass(frozen=True)
class Seams:
    """The paste masks of a clip; called with a frame number they give mask and seam as tensors."""

    clip: Aligned
    change: Floats
    where: Floats
    """(S, S): outside, the result is the input."""
    keeps: Collection[Part]
    """The parts of the face that are the input's in the result."""
    settings: Stitching
    beyond: Beyond | None = None
    """What goes on of the edit beyond the crop."""
    people: NDArray[np.uint8] | None = None
    """(T, Q, Q), 0 to 255: where the person is in wide crops, if the result is the input around it, frame by frame."""

    @classmethod
    def of(
        cls,
        clip: Aligned,
        before: Frames,
        direct: Frames,
        where: Tensor,
        keeps: Collection[Part],
        settings: Stitching,
    ) -> "Seams":
        """Find where the edit changes this clip: the mean over some frames, so that it doesn't move.

        ``where`` (1, 1, S, S) says where it may.
        """
        indices = probe_frames(len(clip))
        total = torch.zeros(())
        with torch.no_grad():
            for index in indices:
                total = total + change_mask(direct([index]), before([index]))[0, 0].cpu()
        change = (2.0 * total / len(indices)).clamp(0, 1).numpy().astype(np.float32)
        change = spread_change(change, settings) * clip.person
        return cls(clip, change, where[0, 0].cpu().numpy(), keeps, settings)

    def reach(self, index: int) -> Floats:
        """Where a frame (S, S) isn't the input's; it may go on beyond the crop."""
        whole = paste_mask(self.clip.landmarks[index], self.change, self.settings) * self.where
        if self.people is None:
            return whole
        side = len(self.change)
        wide = wide_side(side, self.settings)
        own = inner(side, wide)
        shown = outline(self.people[index], wide, _GROUND)[own, own]
        return whole * np.maximum(shown, self.clip.outline([index], _SURE))  # a face that isn't seen as a person's, too

    def mask(self, index: int) -> Floats:
        """The paste mask (S, S) of a frame, which ends at the crop's border."""
        size = len(self.change)
        return self.reach(index) * window(size, self.settings.margin * size)

    def inputs(self, frames: Sequence[int]) -> Tensor:
        """The aligned input (len, 3, S, S), with the edit's tone along the crop's border where it goes on."""
        crops = self.clip.inputs(frames)
        if self.beyond is None:
            return crops
        pictures = crops.permute(0, 2, 3, 1).cpu().numpy()
        toned = [self.beyond.toned(crop, index) for crop, index in zip(pictures, frames, strict=True)]
        return torch.from_numpy(np.stack(toned)).permute(0, 3, 1, 2).to(crops)

    def wide(self, index: int) -> Floats:
        """The paste mask of a frame whose picture has been put through `composite`: its soft edge is in it already."""
        return np.minimum(4.0 * self.mask(index), 1.0) if self.settings.around == "input" else self.mask(index)

    def composite(self, pictures: Frames, before: Frames) -> Frames:
        """The aligned result: the pictures inside the mask, and around it what the settings want.

        ``before`` gives the frames without the edit, so that kept parts can have its shade.
        """
        if self.settings.around == "generated":
            return pictures
        painted = pictures
        if self.keeps:
            probes = probe_frames(len(self.clip))
            painted = with_kept(pictures, before, self.clip.inputs, self._kept, probes, self.settings)

        def inside(frames: Sequence[int]) -> Tensor:
            inputs, masks = self.inputs(frames), torch.cat([self(index)[0] for index in frames])
            return inputs + masks * (painted(frames) - inputs)

        return inside

    def _kept(self, index: int) -> Tensor:
        return mask_of(self.keeps, self.clip.landmarks[index], len(self.change), self.settings)

    def __call__(self, index: int) -> tuple[Tensor, Tensor]:
        """Mask and seam of a frame, (1, 1, S, S) each."""
        mask = self.mask(index)
        both = [torch.from_numpy(array)[None, None].to(self.clip.inputs.device) for array in (mask, seam(mask))]
        return both[0], both[1]


@torch.no_grad()
def continued(
    run: Run, key: str, seams: Seams, steady: Frames, source: Path, frames: FrameRange, *, goes_on: bool, cut_out: bool
) -> Seams:
    """The seams with what goes on of the edit beyond the crop, where the crop cuts it: a stage of its own.

    ``steady`` gives the edited frames before they are stitched; ``goes_on`` says whether the edit is meant beyond it,
    ``cut_out`` whether it ends at the person's outline, as a style does, which paints the background another colour.
    """
    clip, settings = seams.clip, seams.settings
    probes = probe_frames(len(clip))

    if settings.around == "generated":
        return seams

    def outlines() -> NDArray[np.uint8]:
        side = len(seams.change)
        wide = wide_side(side, settings)
        # Every frame's is kept, and the network looks at no more pixels
        return person_around(source, frames, widened(clip.quads, side, wide), min(wide // 2, 256))

    def work(_: object) -> Tensors:
        people = outlines() if cut_out else None
        shown = replace(seams, people=people)
        inside = np.asarray(np.mean([shown.reach(index) for index in probes], axis=0), np.float32)
        plain, edited = (_mean(each, probes) for each in (clip.inputs, steady))
        made: dict[str, NDArray[Any]] = {"ramps": np.zeros(0, np.float32)}
        if goes_on and reaches_border(edited - plain, inside):
            people = outlines() if people is None else people
            made = carried(plain, edited, inside, settings)
        made |= {} if people is None else {"person": people}
        return {name: torch.from_numpy(array) for name, array in made.items()}

    arrays = {name: tensor.numpy() for name, tensor in run.stage("beyond", key, work).items()}
    return replace(seams, beyond=Beyond.of(arrays), people=arrays["person"] if cut_out else None)


def _mean(pictures: Frames, indices: Sequence[int]) -> Floats:
    """The mean of some frames: (S, S, 3)."""
    total = torch.stack([pictures([index])[0].cpu() for index in indices]).mean(0)
    return np.ascontiguousarray(total.permute(1, 2, 0).numpy())


@torch.no_grad()
def render(run: Run, name: str, frames: Frames, count: int) -> FrameFolder:
    """Make the first ``count`` frames and write them into ``aligned/<name>``."""
    folder = FrameFolder(run.path("aligned", name))
    folder.clear()
    for index in range(count):
        folder.write(index, to_image(frames([index])))
    return folder


@dataclass(frozen=True)
class Restored:
    """Frames of the input with another picture in the face's place."""

    source: Path
    info: VideoInfo
    frames: FrameRange
    clip: Aligned
    seams: Seams

    def with_faces(self, *faces: Faces) -> Iterator[tuple[Frame, list[NDArray[np.uint8]]]]:
        """Each frame of the input, and the same frame with each of the faces."""
        for index, frame in enumerate(read_frames(self.source, *self.frames)):
            corners, around = self.clip.quads[index], frame.image
            if self.seams.beyond is not None:
                around = self.seams.beyond.around(around, index, corners)
            yield frame, [paste(around, folder.image(index), mask(index), corners) for folder, mask in faces]


def write_videos(
    run: Run, restored: Restored, direct: FrameFolder, edited: FrameFolder, tags: Mapping[str, str]
) -> tuple[Path, Path, Path]:
    """Write ``edited.mp4``, ``direct.mp4`` and ``compare.mp4`` (input | direct | edited), with these container tags."""
    part = restored.frames != (0, None)

    plain, result = (direct, restored.seams.mask), (edited, restored.seams.wide)

    def write(name: str, faces: tuple[Faces, ...], join: Callable[..., NDArray[np.uint8]]) -> Path:
        path = run.path(name)
        frames = (replace(frame, image=join(frame.image, *pictures)) for frame, pictures in restored.with_faces(*faces))
        write_video(
            path,
            frames,
            restored.info,
            audio_from=restored.source if restored.info.has_audio else None,
            cut_sound=part,
            metadata=tags,
        )
        return path

    return (
        write("edited.mp4", (result,), lambda _, picture: picture),
        write("direct.mp4", (plain,), lambda _, picture: picture),
        write("compare.mp4", (plain, result), lambda *pictures: np.concatenate(pictures, axis=1)),
    )
