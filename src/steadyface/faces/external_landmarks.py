"""Landmarks or crops of another program, read from a file and used instead of our own.

3DDFA_V2, face_alignment and dlib number 68 points alike. The paper's code saves them as an array (T, 68, 2), and its
crops as their corners (T, 4, 2): ``quads_ori.npy``, top left, bottom left, bottom right, top right in px of the frames.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from steadyface.errors import InputError
from steadyface.faces import topology
from steadyface.faces.align import quads
from steadyface.faces.settings import Alignment

if TYPE_CHECKING:
    from steadyface.faces.people import Person

Points = NDArray[np.float64]


def read_landmarks(path: Path) -> Points:
    """Read landmarks (T, 68, 2) or corners (T, 4, 2), x, y in px, from a ``.npy`` file; z is left out.

    Raises `InputError` when it is something else. Nothing in the file is executed.
    """
    try:
        points = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        reason = getattr(error, "strerror", None) or "not an array in NumPy's format"
        raise InputError(f"--landmarks {path}: {reason}") from error
    if (
        not isinstance(points, np.ndarray)
        or points.ndim != 3
        or points.shape[1] not in (4, 68)
        or points.shape[2] not in (2, 3)
    ):
        shape = getattr(points, "shape", "several arrays")
        raise InputError(f"--landmarks {path}: want an array (frames, 68, 2) or (frames, 4, 2), this is {shape}")
    if points.dtype.kind not in "fiu" or not np.isfinite(points[..., :2]).all():
        raise InputError(f"--landmarks {path}: some of the coordinates are not finite numbers")
    return points[..., :2].astype(np.float64)


def of_frames(points: Points, start: int, total: int, path: Path) -> Points:
    """The points of ``total`` frames from ``start`` on. The file may cover just these frames, or the whole video.

    Raises `InputError` when it covers neither.
    """
    if len(points) == total:
        return points
    if len(points) < start + total:
        raise InputError(f"--landmarks {path} has {len(points)} frames, the clip has {total} from frame {start} on")
    return points[start : start + total]


def face_at(people: Sequence["Person"], points: Points, path: Path) -> int:
    """The number, from 1 in the order of `people.ranked`, of the face that these points (T, 68 or 4, 2) belong to.

    Raises `InputError` when no face is where the points are.
    """
    away = [_distance(person, points) for person in people]
    best = int(np.argmin(away)) if away else 0
    if away and away[best] > people[best].size:
        raise InputError(f"--landmarks {path}: no face is where these are; are they in px of this video's frames?")
    return best + 1


def quads_of(points: Points, settings: Alignment) -> Points:
    """The crops' corners (T, 4, 2): smoothed from landmarks, or as they were given."""
    return points if points.shape[1] == 4 else quads(points, settings)


def _distance(person: "Person", points: Points) -> float:
    """Distance from the middle of the points' eyes and mouth (or crop) to a face's, px: the median over its frames."""
    there = np.concatenate([points[track.first : track.end] for track in person.tracks])
    ours = topology.ffhq_points(np.concatenate([track.landmarks for track in person.tracks])).mean(-2)
    theirs = (there if there.shape[1] == 4 else topology.ffhq_points(there)).mean(-2)
    return float(np.median(np.linalg.norm(ours - theirs, axis=-1)))
