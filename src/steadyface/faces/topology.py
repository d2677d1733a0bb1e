"""Which of MediaPipe's 468 face-mesh points is what, and simple measures on them.

"Right" and "left" are the person's own; in a picture the right eye is on the left. Every function takes
landmarks (..., 468, 2) as x, y in px and keeps the leading axes, so that it serves one frame and a whole
track alike.
"""

import numpy as np
from numpy.typing import NDArray

LANDMARKS = 468

RIGHT_EYE = (33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246)
LEFT_EYE = (263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466)
"""Contours, from the outer corner along the lower lid to the inner corner and back along the upper lid."""

RIGHT_EYE_CORNERS = (33, 133)
LEFT_EYE_CORNERS = (263, 362)
"""Outer, inner."""

RIGHT_EYE_SIX = (33, 160, 158, 133, 153, 144)
LEFT_EYE_SIX = (362, 385, 387, 263, 373, 380)
"""The same places as points 36-41 and 42-47 of the 68-point scheme that FFHQ was aligned with."""
POINTS_68 = 68
_EYES_68, _MOUTH_CORNERS_68 = (slice(36, 42), slice(42, 48)), [48, 54]

RIGHT_BROW = (70, 63, 105, 66, 107, 55, 65, 52, 53, 46)
LEFT_BROW = (300, 293, 334, 296, 336, 285, 295, 282, 283, 276)
"""Upper edge from the temple inwards, lower edge back."""

OUTER_LIPS = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185)
INNER_LIPS = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 415, 310, 311, 312, 13, 82, 81, 80, 191)
"""From the right corner along the lower lip to the left corner and back along the upper lip."""

MOUTH_CORNERS = (61, 291)
LIP_GAPS = ((82, 87), (13, 14), (312, 317))
"""Pairs of the upper and lower inner lip around the middle."""

OVAL = (
    *(10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377),
    *(152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109),
)
"""The face's outline from the top of the forehead, down the person's left side, and back up."""

NOSE_TIP = 1
NOSE_BRIDGE = 168
RIGHT_SIDE, LEFT_SIDE = 234, 454
RIGHT_EAR_FRONT, LEFT_EAR_FRONT = (127, 132), (356, 361)
"""Top and bottom of where the mesh ends in front of an ear."""
CHIN = 152

Points = NDArray[np.floating]


def ffhq_points(landmarks: Points) -> Points:
    """Return (..., 4, 2): centres of the right and the left eye, right and left corner of the mouth.

    An eye's centre is the mean of six points of its contour, as in FFHQ's alignment. ``landmarks`` can be of the
    68-point scheme, too.
    """
    if landmarks.shape[-2] == POINTS_68:
        eyes = np.stack([landmarks[..., eye, :].mean(-2) for eye in _EYES_68], axis=-2)
        return np.concatenate([eyes, landmarks[..., _MOUTH_CORNERS_68, :]], axis=-2)
    right = landmarks[..., RIGHT_EYE_SIX, :].mean(-2)
    left = landmarks[..., LEFT_EYE_SIX, :].mean(-2)
    corners = landmarks[..., MOUTH_CORNERS, :]
    return np.concatenate([right[..., None, :], left[..., None, :], corners], axis=-2)


def interocular(landmarks: Points) -> Points:
    """Return the distance between the eyes' centres, px."""
    points = ffhq_points(landmarks)
    return np.asarray(np.linalg.norm(points[..., 1, :] - points[..., 0, :], axis=-1))


def mouth_opening(landmarks: Points) -> Points:
    """Return (...): the gap between the inner lips over the distance of the eyes; 0 when closed."""
    return np.asarray(_mean_gap(landmarks, LIP_GAPS) / interocular(landmarks))


def head_yaw(landmarks: Points) -> Points:
    """Return (...): how far the nose's tip is off the middle of the face's two sides, from -1 to 1.

    Measured along the line between the sides, in units of half their distance: 0 for a face seen from the front,
    positive when it turns towards the picture's right. A mirrored face gives the same number with the other sign.
    """
    right, left = landmarks[..., RIGHT_SIDE, :], landmarks[..., LEFT_SIDE, :]
    across = left - right
    offset = landmarks[..., NOSE_TIP, :] - (left + right) / 2
    return np.asarray(2 * (offset * across).sum(-1) / (across**2).sum(-1))


def bounds(landmarks: Points) -> Points:
    """Return (..., 4): the box around the landmarks as left, top, right, bottom in px."""
    return np.concatenate([landmarks.min(-2), landmarks.max(-2)], axis=-1)


def _mean_gap(landmarks: Points, pairs: tuple[tuple[int, int], ...]) -> Points:
    upper = landmarks[..., [a for a, _ in pairs], :]
    lower = landmarks[..., [b for _, b in pairs], :]
    return np.asarray(np.linalg.norm(upper - lower, axis=-1).mean(-1))
