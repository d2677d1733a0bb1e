"""The people of a film: tracks of one person, joined across gaps and shots by the face's descriptor."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from steadyface.errors import FaceError
from steadyface.faces.track import DESCRIBED, MAX_GAP, Track, bridged

SAME_PERSON = 0.5
"""Largest distance of two descriptors of one person: means over frames. dlib's recogniser was trained for 0.6 between
single pictures."""
LEAST = DESCRIBED
"""Frames. A shorter track, unless it is all of its shot, is a face that the detector thought to see, or what is left of
another shot in a dissolve."""
_LASTING = 0.8
"""People who are there at least for this share of the frames of whom is there most are ranked by size."""


@dataclass(frozen=True)
class Person:
    """One person's face wherever it is in the film."""

    tracks: tuple[Track, ...]
    """By their first frames; no two share a frame."""

    @cached_property
    def frames(self) -> int:
        """In how many frames."""
        return sum(len(track.landmarks) for track in self.tracks)

    @property
    def size(self) -> float:
        """Distance between the eyes, px: the tracks' median, by their frames."""
        return self._mean([track.size for track in self.tracks])

    @property
    def off_centre(self) -> float:
        """Distance from the picture's centre, px."""
        return self._mean([track.off_centre for track in self.tracks])

    @cached_property
    def descriptor(self) -> NDArray[np.float64] | None:
        """The mean over the tracks, by their frames; None if none was described."""
        known = [(track.descriptor, len(track.landmarks)) for track in self.tracks]
        described = [(each, weight) for each, weight in known if each is not None]
        if not described:
            return None
        return np.asarray(np.average([each for each, _ in described], 0, [weight for _, weight in described]))

    def _mean(self, values: Sequence[float]) -> float:
        return float(np.average(values, weights=[len(track.landmarks) for track in self.tracks]))


def find_people(tracks: Sequence[Track]) -> list[Person]:
    """Join tracks of one person, nearest descriptors first, and rank the people (`ranked`).

    Tracks that share a frame are of different people. Two groups are joined while the distance of their mean
    descriptors is at most `SAME_PERSON` (agglomerative clustering with constraints: Davidson, Ravi 2005). Without
    descriptors, each track is a person.
    """
    people = [Person((track,)) for track in _lasting(tracks)]
    while True:
        pairs = [
            (_distance(a, b), i, j) for i, a in enumerate(people) for j, b in enumerate(people[:i]) if not _meet(a, b)
        ]
        nearest = min(pairs, default=(np.inf, 0, 0))
        if nearest[0] > SAME_PERSON:
            return ranked(people)
        _, i, j = nearest
        both = sorted((*people[i].tracks, *people[j].tracks), key=lambda track: track.first)
        people = [each for k, each in enumerate(people) if k not in (i, j)] + [Person(_without_gaps(both))]


def ranked(people: Sequence[Person]) -> list[Person]:
    """The people in the order in which `--face N` counts them, from 1.

    First those who are there nearly as long as whom is there most, larger faces first (sizes within one tenth count as
    equal, and the more central comes first); then the others, by how long they are there. So a passer-by close to the
    camera isn't taken for the speaker.
    """
    most = max((each.frames for each in people), default=0)
    lasting = [each for each in people if each.frames >= _LASTING * most]
    passing = [each for each in people if each.frames < _LASTING * most]
    return _by_size(lasting) + sorted(passing, key=lambda each: -each.frames)


def choose_person(people: Sequence[Person], face: int | None, total: int) -> Person:
    """The person to edit, of those that are `ranked`: the first, or the ``face``-th, counted from 1.

    Raises `FaceError` if there is nobody, or no such person, in the ``total`` frames.
    """
    if not people:
        raise FaceError(
            f"no face found in any of the {total} frames: choose a clip or --frames A:B with a visible face"
        )
    if face is not None and not 1 <= face <= len(people):
        found = "1 face was" if len(people) == 1 else f"{len(people)} faces were"
        raise FaceError(f"there is no face {face}: {found} found, pass --face 1 to {len(people)} or leave it out")
    return people[(face or 1) - 1]


def _lasting(tracks: Sequence[Track]) -> list[Track]:
    """Without those that are too short, not counting frames in which another shot shows."""
    found = []
    for track in tracks:
        clear = track.shot.clear
        if min(track.end, clear.stop) - max(track.first, clear.start) >= min(LEAST, len(clear)):
            found.append(track)
    return found


def _distance(a: Person, b: Person) -> float:
    if a.descriptor is None or b.descriptor is None:
        return np.inf
    return float(np.linalg.norm(a.descriptor - b.descriptor))


def _meet(a: Person, b: Person) -> bool:
    """Whether both are in one frame."""
    return any(one.first < other.end and other.first < one.end for one in a.tracks for other in b.tracks)


def _without_gaps(tracks: Sequence[Track]) -> tuple[Track, ...]:
    """Tracks of one shot that follow each other closely are one."""
    found: list[Track] = []
    for track in tracks:
        if found and found[-1].shot == track.shot and track.first - found[-1].end <= MAX_GAP:
            found[-1] = bridged(found[-1], track)
        else:
            found.append(track)
    return tuple(found)


def _by_size(people: Sequence[Person]) -> list[Person]:
    rest = sorted(people, key=lambda each: -each.size)
    found: list[Person] = []
    while rest:
        equals = [each for each in rest if each.size > 0.9 * rest[0].size]
        found += sorted(equals, key=lambda each: each.off_centre)
        rest = rest[len(equals) :]
    return found
