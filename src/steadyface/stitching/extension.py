"""Colour extension: an edit's change of colour continues past the crop, so that grey hair doesn't stop at a line.

FFHQ's crop cuts off the top of the head and the shoulders. The edit's change of colour along the crop's border, its
tone, is fitted as an affine map of colours, like a guided filter with a colour guide (He, Sun, Tang 2013). It is
applied beyond the border, too, on the person only. The person's own hair and clothes keep their texture.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from steadyface.faces.align import crop_matrix, uncrop
from steadyface.stitching.mask import soft, window
from steadyface.stitching.settings import Extension

Floats = NDArray[np.float32]
Bytes = NDArray[np.uint8]


class Outlines(Protocol):
    """Where the person is in the wide crops, by frame number; an array (T, Q, Q) is one."""

    def __getitem__(self, index: int, /) -> Bytes:
        """The mask of a frame: (Q, Q), 0 to 255."""
        ...


def widened(corners: NDArray[np.floating], side: int, wide: int) -> NDArray[np.float64]:
    """The quad (..., 4, 2) of a wide crop of ``wide`` px, centred on a crop of ``side`` px with quad ``corners``."""
    middle = corners.mean(-2, keepdims=True)
    return np.asarray(middle + wide / side * (corners - middle), np.float64)


def wide_side(side: int, settings: Extension) -> int:
    """The side in px of a wide crop, whose pixels are as large as the crop's."""
    return side + 2 * round(settings.width * side)


def reaches_border(inputs: Floats, edited: Floats, inside: Floats, settings: Extension) -> bool:
    """Whether the crop's border cuts a mean change of pictures as `tone` takes them."""
    total = inside.sum(0)
    change = np.abs(((edited - inputs) * inside[..., None]).sum(0)).max(2) / np.maximum(total, 1e-6)
    seen = change * (total >= settings.cut_at * len(inside))
    return bool(max(edge.max() for edge in (seen[0], seen[-1], seen[:, 0], seen[:, -1])) > settings.least_change)


def tone(inputs: Floats, edited: Floats, inside: Floats, blur: float, settings: Extension) -> tuple[Floats, Floats]:
    """Fit an edit's change of colour around each pixel: edited = mixture @ input + offset.

    Both are pictures of N frames (N, S, S, 3) in [-1, 1]. ``inside`` (N, S, S) says where they count. ``blur`` is the
    sigma of the Gaussian window, as a fraction of the side. Returns the mixtures (S, S, 3, 3), near the identity where
    colours hardly vary, and the offsets (S, S, 3).
    """
    sigma = blur * inside.shape[-1]
    weight = cv2.GaussianBlur(inside.sum(0), (0, 0), sigma)[..., None] + 1e-6

    def mean(pictures: Floats) -> Floats:
        return np.asarray(cv2.GaussianBlur((pictures * inside[..., None]).sum(0), (0, 0), sigma) / weight, np.float32)

    before, after = mean(inputs), mean(edited)

    def covariance(other: Floats, its_mean: Floats) -> Floats:
        rows = [mean(inputs[..., k, None] * other) - before[..., k, None] * its_mean for k in range(3)]
        return np.stack(rows, axis=-2)

    spread = covariance(inputs, before) + settings.least_variance * np.eye(3, dtype=np.float32)
    mixing = np.linalg.solve(spread, covariance(edited - inputs, after - before)).swapaxes(-1, -2)
    mixing *= settings.most_mixing / np.maximum(
        np.linalg.norm(mixing, axis=(-2, -1), keepdims=True), settings.most_mixing
    )
    mixture = np.asarray(mixing + np.eye(3), np.float32)
    return mixture, after - _mixed(mixture, before)


def _mixed(mixture: Floats, colours: Floats) -> Floats:
    return np.asarray((mixture @ colours[..., None])[..., 0], np.float32)


def inner(side: int, wide: int) -> slice:
    """The rows (or columns) of a wide crop that belong to the crop itself."""
    pad = (wide - side) // 2
    return slice(pad, pad + side)


def outline(person: Bytes, size: int, ground: float) -> Floats:
    """Resize a mask of the person (Q, Q), 0 to 255, to (size, size) in [0, 1] and sharpen its edge.

    ``ground`` says how much of the soft edge counts as background: at 1 the outer half, at 0 none.
    """
    soft_edged = cv2.resize(person, (size, size), interpolation=cv2.INTER_LINEAR) / np.float32(255)
    return np.asarray(np.clip(2 * soft_edged - ground, 0, 1), np.float32)


def fit_extension(inputs: Floats, edited: Floats, inside: Floats, settings: Extension) -> dict[str, NDArray[Any]]:
    """Fit an edit's tone along the border of the crop and beyond, from pictures as `tone` takes them.

    Returns, for a wide crop, "mixture" (P, P, 3, 3), "offset" (P, P, 3) and "ramps" (P, P), the weight of the tone;
    also "side", S, and "ground" (`Extension.outline_ground`).

    Where the edit is not, a pixel gets the tone of the nearest pixel at which the border cuts the edit: beyond the
    crop, and in it, where the edit ends below hair that hangs on. The weight falls with the distance, so that there is
    no edge where a shoulder leaves the crop at a corner. With the distance, the tone also turns into that of a wider
    window: a dark parting at the border says little about the fair hair above.
    """
    side = inside.shape[-1]
    wide = wide_side(side, settings)
    pad = (wide - side) // 2
    extent = inside.mean(0)
    counts = extent >= settings.cut_at
    cut = counts & (window(side, 1) == 0)
    distance, whose = _nearest(cut, pad)
    whose = np.where(np.pad(counts, pad), np.pad(np.arange(side * side).reshape(side, side), pad), whose)
    covered = np.pad(extent, pad)
    far = (1 - covered) * soft(distance / (settings.turn * side))
    laid = np.maximum(soft(1 - distance / pad), covered) if cut.any() else np.zeros((wide, wide))
    here, there = (tone(inputs, edited, inside, blur, settings) for blur in settings.blur)

    def blended(near: Floats, wider: Floats) -> NDArray[np.float16]:
        pixels = np.stack([array.reshape(side * side, -1)[whose] for array in (near, wider)])
        made = pixels[0] + far[..., None] * (pixels[1] - pixels[0])
        return np.asarray(made.reshape(wide, wide, *near.shape[2:]), np.float16)

    mixture, offset = (blended(*pair) for pair in zip(here, there, strict=True))
    return {
        "mixture": mixture,
        "offset": offset,
        "ramps": np.asarray(laid, np.float32),
        "side": np.array(side),
        "ground": np.array(settings.outline_ground),
    }


def _nearest(wanted: NDArray[np.bool_], pad: int) -> tuple[Floats, NDArray[np.int64]]:
    """For each pixel of a picture padded by ``pad``: distance and row-major index of the nearest ``wanted`` (S, S)."""
    side = len(wanted)
    others = np.pad((~wanted).astype(np.uint8), pad, constant_values=1)
    distance, labels = cv2.distanceTransformWithLabels(others, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    numbers = np.zeros(labels.max() + 1, np.int64)
    own = inner(side, len(labels))
    numbers[labels[own, own][wanted]] = np.flatnonzero(wanted)
    return np.asarray(distance, np.float32), numbers[labels]


@dataclass(frozen=True)
class ColourExtension:
    """A clip's tone, and for each frame the mask of the person that it is applied to."""

    mixture: Floats
    """(P, P, 3, 3), of `fit_extension`"""
    offset: Floats
    """(P, P, 3)"""
    ramps: Floats
    """(P, P)"""
    person: Outlines
    side: int
    """Side of the crops in px."""
    ground: float
    """`Extension.outline_ground`"""

    @classmethod
    def of(cls, arrays: Mapping[str, NDArray[Any]], person: Outlines) -> Self | None:
        """Load it from the arrays that a run saves; None if the edit doesn't reach the border."""
        if "ramps" not in arrays:
            return None
        mixture, offset = (np.asarray(arrays[name], np.float32) for name in ("mixture", "offset"))
        side, ground = int(arrays["side"]), float(arrays["ground"])
        return cls(mixture, offset, arrays["ramps"], person, side, ground)

    def weight(self, index: int) -> Floats:
        """The weight of the tone at each pixel of a frame's wide crop: (P, P) in [0, 1]."""
        return self.ramps * outline(self.person[index], len(self.ramps), self.ground)

    def toned(self, crop: Floats, index: int) -> Floats:
        """The crop (S, S, 3) in [-1, 1] of a frame, with the tone applied along its border."""
        own = inner(self.side, len(self.ramps))
        made = _mixed(self.mixture[own, own], crop) + self.offset[own, own]
        return np.asarray(crop + self.weight(index)[own, own, None] * (made - crop), np.float32)

    def around(self, frame: Bytes, index: int, corners: NDArray[np.floating]) -> Bytes:
        """The frame (H, W, 3), with the tone applied around its crop, whose quad is ``corners``."""
        weight = self.touched(index, corners, (frame.shape[0], frame.shape[1]))
        rows, columns = (np.flatnonzero(weight.any(axis)) for axis in (1, 0))
        if not len(rows):
            return frame
        box = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
        # these fields are smooth, so that linear interpolation does
        to_wide = crop_matrix(self._wide(corners), len(self.ramps))
        to_wide[:, 2] += to_wide[:, :2] @ (columns[0], rows[0])
        how, shape = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, weight[box].shape[::-1]
        fields = (*self.mixture.transpose(2, 0, 1, 3), self.offset)
        laid = [cv2.warpAffine(each, to_wide, shape, flags=how, borderMode=cv2.BORDER_REPLICATE) for each in fields]
        values = np.asarray(frame[box] / np.float32(127.5) - 1, np.float32)
        made = np.stack([(row * values).sum(2) for row in laid[:3]], axis=2) + laid[3]
        change = weight[box][..., None] * (made - values) * np.float32(127.5)
        result = frame.copy()
        result[box] = np.clip(np.rint(frame[box] + change), 0, 255)
        return result

    def touched(self, index: int, corners: NDArray[np.floating], frame_size: tuple[int, int]) -> Floats:
        """The tone's weight at each pixel of a frame of that height and width; 0 where the frame stays as it is."""
        return uncrop(self.weight(index), self._wide(corners), frame_size, outside=0.0)

    def _wide(self, corners: NDArray[np.floating]) -> NDArray[np.float64]:
        return widened(corners, self.side, len(self.ramps))
