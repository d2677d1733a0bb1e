"""What an edit does to a person goes on where the crop ends: grey hair doesn't stop at a line.

FFHQ's crop cuts heads off near the top, and shoulders at the bottom. What an edit makes of the colours along the
crop's border is done beyond it, too: a gain and an offset in each channel, so that the person's own hair and clothes
keep their texture, fitted as a guided filter does (He, Sun, Tang 2010, eqs. 5-6), and on the person only.
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

_SEEN = 8 / 255
"""A change below four grey levels isn't missed beyond the crop."""
_STILL = 0.002
"""Variance of colours, in [-1, 1], up to which they are taken for one."""
_GAINS = 0.3, 1.5
"""Other gains would be of a few pixels that happen to be there."""


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


def tone(inputs: Floats, edited: Floats, inside: Floats, settings: Stitching) -> tuple[Floats, Floats]:
    """What an edit makes of the colours around each pixel: gain and offset (S, S, 3), edited = gain * input + offset.

    Both pictures (S, S, 3) are a clip's mean in [-1, 1]; ``inside`` (S, S) says where they count. Where colours hardly
    vary the gain is 1.
    """
    sigma = settings.beyond_blur * len(inside)
    weight = cv2.GaussianBlur(inside, (0, 0), sigma)[..., None] + 1e-6

    def mean(picture: Floats) -> Floats:
        return np.asarray(cv2.GaussianBlur(picture * inside[..., None], (0, 0), sigma) / weight, np.float32)

    before, after = mean(inputs), mean(edited)
    variance, covariance = mean(inputs**2) - before**2, mean(inputs * edited) - before * after
    gain = np.clip((covariance + _STILL) / (variance + _STILL), *_GAINS)
    return np.asarray(gain, np.float32), np.asarray(after - gain * before, np.float32)


def ramps(inside: Floats, settings: Stitching) -> Floats:
    """How much of the tone is laid on a wide crop (P, P): along the border it takes over as the paste mask fades."""
    side = len(inside)
    wide = wide_side(side, settings)
    pad = (wide - side) // 2
    mask = np.pad(window(side, settings.margin * side), pad)
    takes_over = np.minimum(4 * (1 - mask), 1) * window(wide, pad)
    return np.asarray(takes_over * np.pad(inside, pad, mode="edge"), np.float32)


@dataclass(frozen=True)
class Beyond:
    """A clip's tone, and the person that it is laid on in each frame."""

    gain: Floats
    offset: Floats
    """(S, S, 3) each, of `tone`; beyond the crop, that of the nearest pixel."""
    ramps: Floats
    """(P, P)"""
    person: Bytes
    """(T, Q, Q), 0 to 255: where the person is in the wide crops."""

    @classmethod
    def of(cls, arrays: Mapping[str, NDArray[Any]]) -> Self | None:
        """From what the stage of that name keeps; None if the edit doesn't reach the border."""
        return cls(**arrays) if arrays["ramps"].size else None

    def weight(self, index: int) -> Floats:
        """How much of the tone is laid on each pixel of a frame's wide crop: (P, P) in [0, 1]."""
        size = self.ramps.shape
        person = cv2.resize(self.person[index], size, interpolation=cv2.INTER_LINEAR).astype(np.float32) / 255
        surely = np.clip(2 * person - 1, 0, 1)  # half of an outline is background, where a tone would be a glow
        return np.asarray(self.ramps * surely, np.float32)

    def toned(self, crop: Floats, index: int) -> Floats:
        """The crop (S, S, 3) in [-1, 1] of a frame with the tone along its border."""
        side = len(self.gain)
        pad = (len(self.ramps) - side) // 2
        weight = self.weight(index)[pad : pad + side, pad : pad + side, None]
        return np.asarray(crop + weight * ((self.gain - 1) * crop + self.offset), np.float32)

    def around(self, frame: Bytes, index: int, corners: NDArray[np.floating]) -> Bytes:
        """The frame (H, W, 3), whose crop has the quad ``corners``, with the tone around it."""
        size = frame.shape[:2]
        gain, offset = (uncrop(each, self._wide(corners), size) for each in map(self._padded, (self.gain, self.offset)))
        values = frame / np.float32(127.5) - 1
        change = self.touched(index, corners, size)[..., None] * ((gain - 1) * values + offset) * np.float32(127.5)
        return np.asarray(np.clip(np.rint(frame + change), 0, 255), np.uint8)

    def touched(self, index: int, corners: NDArray[np.floating], frame_size: tuple[int, int]) -> Floats:
        """How much of the tone is laid on each pixel of a frame of that height and width: 0 where it stays as it is."""
        return uncrop(self.weight(index), self._wide(corners), frame_size, outside=0.0)

    def _padded(self, picture: Floats) -> Floats:
        pad = (len(self.ramps) - len(picture)) // 2
        return np.pad(picture, ((pad, pad), (pad, pad), (0, 0)), mode="edge")

    def _wide(self, corners: NDArray[np.floating]) -> NDArray[np.float64]:
        return widened(corners, len(self.gain), len(self.ramps))
