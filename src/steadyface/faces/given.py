"""Landmarks that another program found: any 68-point file in the place of ours, for the alignment.

3DDFA_V2, face_alignment and dlib number their points alike; the paper's code keeps them as an array (T, 68, 2).
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from steadyface.errors import InputError
from steadyface.faces import topology

if TYPE_CHECKING:
    from steadyface.faces.track import Track

Points = NDArray[np.float64]


def read_landmarks(path: Path) -> Points:
    """Read an array (T, 68, 2) of x, y in px from a ``.npy`` file; a third coordinate is left out.

    Raises `InputError` when it is something else. Nothing in the file is executed.
    """
    try:
        points = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        reason = getattr(error, "strerror", None) or "not an array in NumPy's format"
        raise InputError(f"--landmarks {path}: {reason}") from error
    if not isinstance(points, np.ndarray) or points.ndim != 3 or points.shape[1] != 68 or points.shape[2] not in (2, 3):
        shape = getattr(points, "shape", "several arrays")
        raise InputError(f"--landmarks {path}: want an array (frames, 68, 2), this is {shape}")
    if points.dtype.kind not in "fiu" or not np.isfinite(points[..., :2]).all():
        raise InputError(f"--landmarks {path}: some of the coordinates are not finite numbers")
    return points[..., :2].astype(np.float64)


def of_frames(points: Points, start: int, total: int, path: Path) -> Points:
    """The landmarks of ``total`` frames from ``start`` on: the file is of just these, or of the whole video.

    Raises `InputError` when it is of neither.
    """
    if len(points) == total:
        return points
    if len(points) < start + total:
        raise InputError(f"--landmarks {path} has {len(points)} frames, the clip has {total} from frame {start} on")
    return points[start : start + total]


def face_at(ranked: Sequence["Track"], points: Points, path: Path) -> int:
    """Which of the faces these landmarks (T, 68, 2) are of, counted from 1; the faces as `rank` orders them.

    Raises `InputError` when no face is there.
    """
    away = [_distance(track, points) for track in ranked]
    best = int(np.argmin(away)) if away else 0
    if away and away[best] > ranked[best].size:
        raise InputError(f"--landmarks {path}: no face is where these are; are they in px of this video's frames?")
    return best + 1


def _distance(track: "Track", points: Points) -> float:
    """How far eyes and mouth are from a track's: px, the median over its frames."""
    ours, theirs = (topology.ffhq_points(p).mean(-2) for p in (track.landmarks, points[track.first : track.end]))
    return float(np.median(np.linalg.norm(ours - theirs, axis=-1)))
