"""What an edit does to a person goes on where the crop ends: grey hair doesn't stop at a line.

FFHQ's crop cuts heads off near the top, and shoulders at the bottom. What an edit makes of the colours along the
crop's border is done beyond it, too: colours are mixed and shifted, so that the person's own hair and clothes keep
their texture, fitted as a guided filter with a guide of colours does (He, Sun, Tang 2013), and on the person only.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from steadyface.faces.align import uncrop
from steadyface.stitching.mask import soft, window
from steadyface.stitching.settings import Stitching

Floats = NDArray[np.float32]
Bytes = NDArray[np.uint8]

_SEEN = 8 / 255
"""A change below four grey levels isn't missed beyond the crop."""
_STILL = 0.002
"""Variance of colours, in [-1, 1], up to which they are taken for one."""
_MOST = 1.5
"""A mixture further from none (grey is 1.41 from it) would be of a few pixels that happen to be there."""
_WHOLE = 1.0
"""Paste mask below which the tone is whole. If it faded with the mask, the input would show between the two."""
_COUNTS = 0.5
"""The border cuts an edit where that much of it shows."""
_GROUND = 1.0
"""Of `outline`: half of one is background, where a tone would be a glow."""
CONSTANTS = (_SEEN, _STILL, _MOST, _WHOLE, _COUNTS, _GROUND)
"""What decides on the result besides the settings."""


def widened(corners: NDArray[np.floating], side: int, wide: int) -> NDArray[np.float64]:
    """The quad (..., 4, 2) of a wide crop of ``wide`` px, about a crop of ``side`` px with the quad ``corners``."""
    middle = corners.mean(-2, keepdims=True)
    return np.asarray(middle + wide / side * (corners - middle), np.float64)


def wide_side(side: int, settings: Stitching) -> int:
    """The side in px of a wide crop, whose pixels are as large as the crop's."""
    return side + 2 * round(settings.beyond * side)


def reaches_border(change: Floats, inside: Floats) -> bool:
    """Whether a mean change (S, S, 3) in [-2, 2] is cut by the crop's border: inside (S, S) says where it counts."""
    seen = np.abs(change).max(2) * (inside >= _COUNTS)
    return bool(max(edge.max() for edge in (seen[0], seen[-1], seen[:, 0], seen[:, -1])) > _SEEN)


def tone(inputs: Floats, edited: Floats, inside: Floats, blur: float) -> tuple[Floats, Floats]:
    """What an edit makes of the colours around each pixel: edited = mixture @ input + offset.

    Both pictures (S, S, 3) are a clip's mean in [-1, 1]; ``inside`` (S, S) says where they count, ``blur``, a part of
    the side, how wide the Gaussian window is. Returns the mixtures (S, S, 3, 3), which leave channels as they are where
    colours hardly vary, and the offsets (S, S, 3).
    """
    sigma = blur * len(inside)
    weight = cv2.GaussianBlur(inside, (0, 0), sigma)[..., None] + 1e-6

    def mean(picture: Floats) -> Floats:
        return np.asarray(cv2.GaussianBlur(picture * inside[..., None], (0, 0), sigma) / weight, np.float32)

    before, after = mean(inputs), mean(edited)

    def covariance(other: Floats, its_mean: Floats) -> Floats:
        rows = [mean(inputs[..., k, None] * other) - before[..., k, None] * its_mean for k in range(3)]
        return np.stack(rows, axis=-2)

    spread = covariance(inputs, before) + _STILL * np.eye(3, dtype=np.float32)
    mixing = np.linalg.solve(spread, covariance(edited - inputs, after - before)).swapaxes(-1, -2)
    mixing *= _MOST / np.maximum(np.linalg.norm(mixing, axis=(-2, -1), keepdims=True), _MOST)
    mixture = np.asarray(mixing + np.eye(3), np.float32)
    return mixture, after - _mixed(mixture, before)


def _mixed(mixture: Floats, colours: Floats) -> Floats:
    return np.asarray((mixture @ colours[..., None])[..., 0], np.float32)


def inner(side: int, wide: int) -> slice:
    """The rows, or the columns, of a wide crop that are the crop's."""
    pad = (wide - side) // 2
    return slice(pad, pad + side)


def outline(person: Bytes, size: int, ground: float) -> Floats:
    """Where the person is (Q, Q), 0 to 255, in a picture of ``size`` px: (size, size) in [0, 1], sharper than it was.

    ``ground`` says how much of a soft edge is taken for the background: at 1 the outer half, at 0 none.
    """
    soft_edged = cv2.resize(person, (size, size), interpolation=cv2.INTER_LINEAR) / np.float32(255)
    return np.asarray(np.clip(2 * soft_edged - ground, 0, 1), np.float32)


def carried(inputs: Floats, edited: Floats, inside: Floats, settings: Stitching) -> dict[str, NDArray[Any]]:
    """An edit's tone along the border of the crop and beyond, for pictures as `tone` takes them.

    Returns "mixture" (P, P, 3, 3) and "offset" (P, P, 3) of a wide crop, "ramps" (P, P), how much of the tone is laid
    on, and "side", S. What the border cuts goes on as its nearest pixel has it, and less with the distance: a shoulder
    that leaves the crop at a corner is no edge. With the distance, too, the tone becomes that of a wider window: a dark
    parting on the border doesn't tell what becomes of the fair hair above.
    """
    side = len(inside)
    wide = wide_side(side, settings)
    pad = (wide - side) // 2
    counts = inside >= _COUNTS
    cut = counts & (window(side, 1) == 0)
    distance, whose = _nearest(cut, pad)
    whose = np.where(np.pad(counts, pad), np.pad(np.arange(side * side).reshape(side, side), pad), whose)
    outside = np.pad(np.zeros((side, side), np.float32), pad, constant_values=1)
    far = outside * soft(distance / (settings.beyond_turns * side))
    laid = np.maximum(soft(1 - distance / pad), np.pad(inside, pad))
    border = np.pad(window(side, settings.margin * side), pad) < _WHOLE
    here, there = (tone(inputs, edited, inside, blur) for blur in settings.beyond_blur)

    def blended(near: Floats, wider: Floats) -> NDArray[np.float16]:
        pixels = np.stack([array.reshape(side * side, -1)[whose] for array in (near, wider)])
        made = pixels[0] + far[..., None] * (pixels[1] - pixels[0])
        return np.asarray(made.reshape(wide, wide, *near.shape[2:]), np.float16)

    mixture, offset = (blended(*pair) for pair in zip(here, there, strict=True))
    return {
        "mixture": mixture,
        "offset": offset,
        "ramps": np.asarray(border * laid, np.float32),
        "side": np.array(side),
    }


def _nearest(wanted: NDArray[np.bool_], pad: int) -> tuple[Floats, NDArray[np.int64]]:
    """Of each pixel of a picture wider by ``pad``: how far the nearest wanted one (S, S) is, and its number by rows."""
    side = len(wanted)
    others = np.pad((~wanted).astype(np.uint8), pad, constant_values=1)
    distance, labels = cv2.distanceTransformWithLabels(others, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    numbers = np.zeros(labels.max() + 1, np.int64)
    own = inner(side, len(labels))
    numbers[labels[own, own][wanted]] = np.flatnonzero(wanted)
    return np.asarray(distance, np.float32), numbers[labels]


@dataclass(frozen=True)
class Beyond:
    """A clip's tone, and the person that it is laid on in each frame."""

    mixture: Floats
    """(P, P, 3, 3), of `carried`"""
    offset: Floats
    """(P, P, 3)"""
    ramps: Floats
    """(P, P)"""
    person: Bytes
    """(T, Q, Q), 0 to 255: where the person is in the wide crops."""
    side: int
    """Of the crops, px."""

    @classmethod
    def of(cls, arrays: Mapping[str, NDArray[Any]]) -> Self | None:
        """From what the stage of that name keeps; None if the edit doesn't reach the border."""
        ramps = arrays["ramps"]
        if not ramps.size:
            return None
        offset = np.asarray(arrays["offset"], np.float32)
        # of an earlier run, whose tones are of the crop's size, is asked what it has touched, and no more
        side = arrays.get("side", len(offset))
        return cls(np.asarray(arrays.get("mixture", offset), np.float32), offset, ramps, arrays["person"], int(side))

    def weight(self, index: int) -> Floats:
        """How much of the tone is laid on each pixel of a frame's wide crop: (P, P) in [0, 1]."""
        return self.ramps * outline(self.person[index], len(self.ramps), _GROUND)

    def toned(self, crop: Floats, index: int) -> Floats:
        """The crop (S, S, 3) in [-1, 1] of a frame with the tone along its border."""
        own = inner(self.side, len(self.ramps))
        made = _mixed(self.mixture[own, own], crop) + self.offset[own, own]
        return np.asarray(crop + self.weight(index)[own, own, None] * (made - crop), np.float32)

    def around(self, frame: Bytes, index: int, corners: NDArray[np.floating]) -> Bytes:
        """The frame (H, W, 3), whose crop has the quad ``corners``, with the tone around it."""
        size = frame.shape[:2]
        wide, parts = self._wide(corners), (*self.mixture.transpose(2, 0, 1, 3), self.offset)
        *rows, offset = (uncrop(each, wide, size) for each in parts)
        values = np.asarray(frame / np.float32(127.5) - 1, np.float32)
        made = _mixed(np.stack(rows, axis=-2), values) + offset
        change = self.touched(index, corners, size)[..., None] * (made - values) * np.float32(127.5)
        return np.asarray(np.clip(np.rint(frame + change), 0, 255), np.uint8)

    def touched(self, index: int, corners: NDArray[np.floating], frame_size: tuple[int, int]) -> Floats:
        """How much of the tone is laid on each pixel of a frame of that height and width: 0 where it stays as it is."""
        return uncrop(self.weight(index), self._wide(corners), frame_size, outside=0.0)

    def _wide(self, corners: NDArray[np.floating]) -> NDArray[np.float64]:
        return widened(corners, self.side, len(self.ramps))
