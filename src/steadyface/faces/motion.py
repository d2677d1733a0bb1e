"""How a face moves over a clip, in a few numbers per frame."""

import numpy as np
from numpy.typing import NDArray

from steadyface.faces import topology

_LIPS = (*topology.OUTER_LIPS, *topology.INNER_LIPS)
_STILL = 0.0008
"""Motion below this fraction of the crop's side is the landmarks' own noise, and isn't amplified."""


def motion(landmarks: NDArray[np.floating], side: int, most: int) -> NDArray[np.float64]:
    """The principal components of a face's motion: (T, K), K at most ``most`` and T - 1, of mean 0. The first has
    standard deviation 1, or less in a face that is still.

    ``landmarks`` (T, 468, 2) are in px of crops of this side. The head, the lips and each eye, the latter relative to
    their own centres, have equal weights, since a blink moves few points by little.
    """
    parts = [
        landmarks,
        *(_by_itself(landmarks[:, list(each)]) for each in (_LIPS, topology.RIGHT_EYE, topology.LEFT_EYE)),
    ]
    scaled = []
    for part in parts:
        moved = (part - part.mean(0)).reshape(len(part), -1) / part.shape[1] ** 0.5
        scaled.append(moved / max(float(np.sqrt((moved**2).sum(1).mean())), _STILL * side))
    left, strength, _ = np.linalg.svd(np.concatenate(scaled, axis=1), full_matrices=False)
    kept = min(most, len(landmarks) - 1)
    whole = len(landmarks) ** 0.5
    return np.asarray(left[:, :kept] * strength[:kept] * whole / max(strength[0], whole), np.float64)


def _by_itself(points: NDArray[np.floating]) -> NDArray[np.floating]:
    return np.asarray(points - points.mean(1, keepdims=True))
