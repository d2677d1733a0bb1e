"""Where a face's ears are. The mesh ends in front of them, so that they are found by the pose. Ours."""

import cv2
import numpy as np
from numpy.typing import NDArray

from steadyface.faces import topology
from steadyface.faces.mask import face_mask, filled

OUTWARD = 0.15
"""How far an ear stands out, as a fraction of the distance between the face's sides."""
BACKWARD = 0.6
"""How far it lies behind the face's side, as a fraction of the depth from the bridge of the nose to the sides."""
UPWARD = 0.3
"""How far it continues above the topmost landmark of the side, as a fraction of the height of the side."""


def ears_mask(landmarks: NDArray[np.floating], size: int, feather: float) -> NDArray[np.float32]:
    """Return the mask (size, size) of both ears in an aligned crop, 1 inside and 0 outside.

    Two vectors are seen at the mesh in any pose: from one side of the face to the other, and from the bridge of the
    nose back to the middle of them. An ear is a quadrilateral along the side, and out and back from there. What the
    face hides, as the far ear of a turned head, is left out.

    Args:
        landmarks: (468, 2), in crop px.
        size: the crop's side, px.
        feather: as in `face_mask`.
    """
    points = landmarks.astype(np.float64)
    right, left = points[topology.RIGHT_SIDE], points[topology.LEFT_SIDE]
    across, back = left - right, (left + right) / 2 - points[topology.NOSE_BRIDGE]
    ears = np.zeros((size, size), np.float32)
    for (top, bottom), sign in ((topology.RIGHT_EAR_FRONT, -1), (topology.LEFT_EAR_FRONT, 1)):
        front = np.stack([points[top] + UPWARD * (points[top] - points[bottom]), points[bottom]])
        outline = np.concatenate([front, front[::-1] + sign * OUTWARD * across + BACKWARD * back])
        ears = np.maximum(ears, filled(cv2.convexHull(outline.astype(np.float32))[:, 0].astype(np.float64), size))
    shown = ears * (1 - face_mask(landmarks, size))
    return np.asarray(cv2.GaussianBlur(shown, (0, 0), feather / 4) if feather > 0 else shown, np.float32)
