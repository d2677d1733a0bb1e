"""The paste mask: the face and whatever the edit changes, with a soft edge."""

import cv2
import numpy as np
from numpy.typing import NDArray

from steadyface.faces.mask import face_mask
from steadyface.stitching.settings import Compositing

Floats = NDArray[np.float32]


def paste_mask(landmarks: NDArray[np.floating], change: Floats, settings: Compositing) -> Floats:
    """Return the soft mask (S, S) of one frame; `window` makes it end at the crop's border.

    ``landmarks`` (468, 2) are in crop pixels; ``change`` (S, S) in [0, 1] says where the edit changes the clip, one map
    for all frames, so that the seam doesn't move by itself.
    """
    size = len(change)
    face = face_mask(
        landmarks,
        size,
        forehead=settings.forehead,
        dilation=settings.dilation * size,
        feather=settings.feather * size,
    )
    return np.asarray(np.maximum(face, change), np.float32)


def seam(mask: Floats) -> Floats:
    """Where the picture has to match the input for a seamless paste: the mask's soft edge and a ring around it."""
    side = len(mask) // 16 * 2 + 1
    wider = cv2.GaussianBlur(cv2.dilate(mask, np.ones((side, side), np.uint8)), (0, 0), side / 6)
    edge = 4.0 * mask * (1.0 - mask) * (mask < 0.9)
    return np.asarray(np.clip(wider - mask + edge, 0.0, 1.0), np.float32)


def spread_change(change: Floats, settings: Compositing) -> Floats:
    """Widen and soften a map of change (S, S), so that an edit's halo is inside and the edge is soft."""
    size = len(change)
    reach = round(settings.dilation * size) * 2 + 1
    wider = cv2.dilate(change, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach)))
    return np.asarray(cv2.GaussianBlur(wider, (0, 0), settings.feather * size / 3), np.float32)


def window(size: int, margin: float) -> Floats:
    """A square mask that is 1 except at its border, where it fades to 0 over ``margin`` px."""
    distance = np.minimum(np.arange(size), np.arange(size)[::-1]).astype(np.float32)
    ramp = soft(distance / max(margin, 1.0))
    return np.asarray(np.minimum.outer(ramp, ramp), np.float32)


def soft(ramp: NDArray[np.floating]) -> Floats:
    """The ramp, clamped to [0, 1], with smooth ends (smoothstep)."""
    within = np.clip(ramp, 0.0, 1.0)
    return np.asarray(within * within * (3.0 - 2.0 * within), np.float32)
