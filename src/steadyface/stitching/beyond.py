"""What an edit does to a person goes on where the crop ends: grey hair doesn't stop at a line.

FFHQ's crop cuts heads off near the top, and shoulders at the bottom. What an edit changes at the crop's border is taken
on beyond it as a shade: blurred, so that the person's own hair and clothes keep their texture, and on the person only.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from steadyface.faces.align import uncrop
from steadyface.stitching.mask import window
from steadyface.stitching.settings import Stitching

Floats = NDArray[np.float32]
Bytes = NDArray[np.uint8]

_LEAST = 1 / 255
"""A shade below half a grey level is none."""
_SEEN = 8 * _LEAST
"""A change below four grey levels isn't missed beyond the crop."""


def widened(corners: NDArray[np.floating], side: int, wide: int) -> NDArray[np.float64]:
    """The quad (..., 4, 2) of a wide crop of ``wide`` px, about a crop of ``side`` px with the quad ``corners``."""
    middle = corners.mean(-2, keepdims=True)
    return np.asarray(middle + wide / side * (corners - middle), np.float64)


def wide_side(side: int, settings: Stitching) -> int:
    """The side in px of a wide crop, whose pixels are as large as the crop's."""
    return side + 2 * round(settings.beyond * side)


def reaches_border(change: Floats, inside: Floats) -> bool:
    """Whether a mean change (S, S, 3) in [-2, 2] is cut by the crop's border: inside (S, S) says where it counts."""
    seen = np.abs(change).max(2) * inside
    return bool(max(edge.max() for edge in (seen[0], seen[-1], seen[:, 0], seen[:, -1])) > _SEEN)


def shade(change: Floats, inside: Floats, settings: Stitching) -> Floats:
    """What is added to a person in wide crops (P, P, 3), in [-2, 2]: nothing inside the crop but along its border.

    ``change`` (S, S, 3) is the edit's mean over the clip, ``inside`` (S, S) where it counts. Along the border it takes
    over as the paste mask fades.
    """
    side = len(inside)
    pad, sigma = round(settings.beyond * side), settings.beyond_blur * side
    weight = cv2.GaussianBlur(inside, (0, 0), sigma)
    blurred = cv2.GaussianBlur(change * inside[..., None], (0, 0), sigma) / (weight + 1e-3)[..., None]
    mask = np.pad(window(side, settings.margin * side), pad)
    takes_over = np.minimum(4 * (1 - mask), 1) * window(side + 2 * pad, pad) * np.pad(inside, pad, mode="edge")
    return np.asarray(
        np.pad(blurred, ((pad, pad), (pad, pad), (0, 0)), mode="edge") * takes_over[..., None], np.float32
    )


@dataclass(frozen=True)
class Beyond:
    """A clip's shade, and the person that it is laid on in each frame."""

    shade: Floats
    """(P, P, 3) in [-2, 2]"""
    person: Bytes
    """(T, Q, Q), 0 to 255: where the person is in the wide crops."""
    side: int
    """Of the crops themselves, px."""

    @classmethod
    def of(cls, arrays: Mapping[str, NDArray[Any]]) -> Self | None:
        """From what the stage of that name keeps; None if the edit doesn't reach the border."""
        if not arrays["shade"].size:
            return None
        return cls(arrays["shade"], arrays["person"], int(arrays["side"]))

    def added(self, index: int) -> Floats:
        """What is added to the wide crop of a frame: (P, P, 3)."""
        size = len(self.shade)
        person = cv2.resize(self.person[index], (size, size), interpolation=cv2.INTER_LINEAR).astype(np.float32) / 255
        surely = np.clip(2 * person - 1, 0, 1)  # half of an outline is background, where a shade would be a glow
        added = self.shade * surely[..., None]
        return np.asarray(np.where(np.abs(added) < _LEAST, 0, added), np.float32)

    def inner(self, index: int) -> Floats:
        """What is added to the crop of a frame: (S, S, 3)."""
        pad = (len(self.shade) - self.side) // 2
        return self.added(index)[pad : pad + self.side, pad : pad + self.side]

    def shaded(self, frame: Bytes, index: int, corners: NDArray[np.floating]) -> Bytes:
        """The frame (H, W, 3), whose crop has the quad ``corners``, with the shade around it."""
        wide = widened(corners, self.side, len(self.shade))
        over = uncrop(self.added(index) * np.float32(127.5), wide, frame.shape[:2], outside=0.0)
        return np.asarray(np.clip(np.rint(frame + over), 0, 255), np.uint8)

    def touched(self, index: int, corners: NDArray[np.floating], frame_size: tuple[int, int]) -> Floats:
        """Where `shaded` may change a frame of that height and width, above 0."""
        mask = np.ascontiguousarray((np.abs(self.added(index)).max(2) > 0).astype(np.float32))
        return uncrop(mask, widened(corners, self.side, len(self.shade)), frame_size, outside=0.0)
