"""The paste masks of a clip, and the composite of the edited pictures with the input."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from steadyface.clip.aligned import Aligned
from steadyface.clip.change import change_mask
from steadyface.clip.frames import Frames, shrink
from steadyface.clip.layer import Layer
from steadyface.clip.synthesis import probe_frames
from steadyface.faces.parts import Part
from steadyface.stitching.extension import ColourExtension, Outlines, inner, outline, wide_side
from steadyface.stitching.mask import paste_mask, seam, spread_change, window
from steadyface.stitching.preserve import preserved_mask, shade, with_preserved
from steadyface.stitching.settings import Compositing

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Compositor:
    """The paste masks of a clip. Called with a frame number, it gives mask and seam as tensors."""

    clip: Aligned
    change: Floats
    """(S, S) in [0, 1]: where the edit changes the clip; one map for all frames, so that it doesn't move."""
    where: Floats
    """(S, S) in [0, 1]: the edit's mask. Outside it, the result is the input."""
    preserved_parts: Collection[Part]
    """The parts of the face that are taken from the input."""
    settings: Compositing
    extension: ColourExtension | None = None
    """How the edit's colours continue past the crop."""
    people: Outlines | None = None
    """Where the person is in each frame's wide crop, if the edit ends at that outline."""

    @classmethod
    def of(
        cls,
        clip: Aligned,
        before: Frames,
        direct: Frames,
        where: Tensor,
        preserved_parts: Collection[Part],
        settings: Compositing,
    ) -> "Compositor":
        """Find where the edit changes this clip, as a mean over some frames.

        ``where`` (1, 1, S, S) says where it may.
        """
        indices = probe_frames(len(clip))
        total = torch.zeros(())
        limits = settings.change_none, settings.change_full
        with torch.no_grad():
            for index in indices:
                total = total + change_mask(direct([index]), before([index]), *limits)[0, 0].cpu()
        change = (2.0 * total / len(indices)).clamp(0, 1).numpy().astype(np.float32)
        change = spread_change(change, settings) * clip.person
        return cls(clip, change, where[0, 0].cpu().numpy(), preserved_parts, settings)

    @classmethod
    def restored(
        cls,
        arrays: Mapping[str, NDArray[Any]],
        clip: Aligned,
        preserved_parts: Collection[Part],
        settings: Compositing,
        people: Outlines,
        *,
        cut_out: bool,
    ) -> "Compositor":
        """Load it from the arrays that a run saves: "change", "where", and those of the extension if there is one."""
        extension, ends = ColourExtension.of(arrays, people), people if cut_out else None
        return cls(clip, arrays["change"], arrays["where"], preserved_parts, settings, extension, ends)

    def extent(self, index: int) -> Floats:
        """Where the edit is pasted into a frame, (S, S), without the fade at the crop's border that `mask` has."""
        whole = paste_mask(self.clip.landmarks[index], self.change, self.settings) * self.where
        whole = whole * self.clip.visible(index)
        if self.people is None:
            return whole
        shown = within_outline(self.people[index], len(self.change), self.settings)
        # the face counts even where the network does not find a person
        return whole * np.maximum(shown, self.clip.outline([index], self.settings.core))

    def mask(self, index: int) -> Floats:
        """The paste mask (S, S) of a frame, which fades to 0 at the crop's border."""
        size = len(self.change)
        return self.extent(index) * window(size, self.settings.margin * size)

    def inputs(self, frames: Sequence[int]) -> Tensor:
        """The aligned input (len, 3, S, S), with the colour extension along the crop's border if there is one."""
        crops = self.clip.inputs(frames)
        if self.extension is None:
            return crops
        pictures = crops.permute(0, 2, 3, 1).cpu().numpy()
        toned = [self.extension.toned(crop, index) for crop, index in zip(pictures, frames, strict=True)]
        return torch.from_numpy(np.stack(toned)).permute(0, 3, 1, 2).to(crops)

    def with_preserved(self, layers: Frames, drawn: Frames, before: Frames) -> Frames:
        """Packed layers (len, 4, S, S), with the preserved parts of the input in their shade.

        ``drawn`` and ``before`` give the frames as the generator draws them, with and without the edit: from these the
        shade is computed.
        """
        if self.settings.background == "generated" or not self.preserved_parts:
            return layers
        probes, preservation = probe_frames(len(self.clip)), self.settings.preservation
        tint = shade(lambda frames: drawn(frames) - before(frames), self._preserved, probes, preservation)
        own = Layer(tint, torch.zeros_like(tint[:, :1])).packed()
        return with_preserved(layers, lambda frames: own.expand(len(frames), -1, -1, -1), self._preserved)

    def shown(self, layers: Frames) -> Frames:
        """The aligned result: the layers on the input inside the mask, and around it what the settings name."""

        def inside(frames: Sequence[int]) -> Tensor:
            inputs = self.clip.inputs(frames)
            pictures = Layer.unpacked(shrink(layers(frames), inputs.shape[-1])).over(inputs)
            if self.settings.background == "generated":
                return pictures
            around, masks = self.inputs(frames), np.stack([self.mask(index) for index in frames])[:, None]
            return around + torch.from_numpy(masks).to(around) * (pictures - around)

        return inside

    def _preserved(self, index: int) -> Tensor:
        points, size = self.clip.landmarks[index], len(self.change)
        return preserved_mask(self.preserved_parts, points, size, self.settings.preservation)

    def __call__(self, index: int) -> tuple[Tensor, Tensor]:
        """Mask and seam of a frame, (1, 1, S, S) each."""
        mask = self.mask(index)
        both = [torch.from_numpy(array)[None, None].to(self.clip.inputs.device) for array in (mask, seam(mask))]
        return both[0], both[1]


def within_outline(person: NDArray[np.uint8], side: int, settings: Compositing) -> Floats:
    """Where an edit that ends at the person's outline may change a crop, (side, side), by the mask of a wide crop."""
    wide = wide_side(side, settings.extension)
    own, reach = inner(side, wide), 2 * round(settings.outline_reach * side) + 1
    shape = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
    return np.asarray(cv2.dilate(outline(person, wide, settings.outline_ground), shape)[own, own], np.float32)
