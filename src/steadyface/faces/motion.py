"""How a face moves over a clip, in a few numbers per frame."""

import numpy as np
from numpy.typing import NDArray

from steadyface.faces import topology

_LIPS = (*topology.OUTER_LIPS, *topology.INNER_LIPS)
_STILL = 0.0008
"""Motion below this fraction of the crop's side is the landmarks' own noise, and isn't amplified."""


def motion_features(landmarks: NDArray[np.floating], side: int) -> NDArray[np.float64]:
    """How the face is posed in each frame: (T, D), of mean 0.

    ``landmarks`` (T, 468, 2) are in px of crops of this side. The head, the lips and each eye, the latter relative to
    their own centres, have equal weights, since a blink moves few points by little: each has standard deviation 1, or
    less in a face that is still.
    """
    parts = [
        landmarks,
        *(_by_itself(landmarks[:, list(each)]) for each in (_LIPS, topology.RIGHT_EYE, topology.LEFT_EYE)),
    ]
    scaled = []
    for part in parts:
        moved = (part - part.mean(0)).reshape(len(part), -1) / part.shape[1] ** 0.5
        scaled.append(moved / max(float(np.sqrt((moved**2).sum(1).mean())), _STILL * side))
    return np.concatenate(scaled, axis=1)


def head_poses(landmarks: NDArray[np.floating], side: int) -> NDArray[np.float64]:
    """How far the head is turned in each frame: (T, D), as fractions of the crop's side.

    ``landmarks`` (T, 468, 2) are in px of crops of this side. Those above the mouth are laid over their mean by the
    best similarity: what is left is the parallax of a head that turns. The norm of a difference is the root mean square
    of the points' motion.
    """
    mean = landmarks.mean(0)
    rigid = landmarks[:, mean[:, 1] < mean[list(_LIPS), 1].min()] / side
    centred = rigid - rigid.mean(1, keepdims=True)
    points = centred[..., 0] + 1j * centred[..., 1]
    similarity = (points.conj() * points.mean(0)).sum(1) / (np.abs(points) ** 2).sum(1)
    laid = points * similarity[:, None] / points.shape[1] ** 0.5
    return np.concatenate([laid.real, laid.imag], axis=1)


def principal_motions(features: NDArray[np.floating], most: int) -> NDArray[np.float64]:
    """The principal components of `motion_features` (T, D): (T, K), K at most ``most`` and T - 1, of mean 0.

    The first has standard deviation 1, or less in a face that is still.
    """
    left, strength, _ = np.linalg.svd(features, full_matrices=False)
    kept = min(most, len(features) - 1)
    whole = len(features) ** 0.5
    return np.asarray(left[:, :kept] * strength[:kept] * whole / max(strength[0], whole), np.float64)


def _by_itself(points: NDArray[np.floating]) -> NDArray[np.floating]:
    return np.asarray(points - points.mean(1, keepdims=True))
