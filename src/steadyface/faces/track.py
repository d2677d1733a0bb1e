"""Faces found frame by frame and linked over time; `people` joins the tracks of one person."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from steadyface.faces import topology
from steadyface.faces.detect import FaceDetector, iou
from steadyface.faces.mesh import FaceMesh, MeshFace
from steadyface.faces.shots import Shot, ShotFinder

Floats = NDArray[np.float32]
Image = NDArray[np.uint8]
Describe = Callable[[Image, Floats], NDArray[np.floating]]
"""A frame (H, W, 3) and a face's landmarks (468, 2) -> a descriptor (D,) of whose it is."""

MAX_GAP = 5
"""Frames in which a face may be missed without its track ending."""
DESCRIBED = 5
"""One of so many frames is described."""
_MIN_PRESENCE = 0.5
_SAME_FACE = 0.5
_SAME_PLACE = 0.3
_STEADY = 0.6
"""Overlap with the frame before; a face that moves farther may be another one."""
_TOUCH = 0.05
"""Overlap of two faces from which on one may be taken for the other."""


@dataclass(frozen=True)
class Track:
    """A face over consecutive frames of one shot."""

    first: int
    """The number, from 0, of the first frame in which the face was found."""
    landmarks: Floats
    """(T, 468, 2): x, y in px, as found, unsmoothed; interpolated where the face wasn't seen."""
    seen: NDArray[np.bool_]
    """(T,): whether the face was found in the frame."""
    frame_size: tuple[int, int]
    """Height and width of the frames, px."""
    shot: Shot
    descriptor: NDArray[np.floating] | None = None
    """(D,): the mean of the frames that were described."""

    @property
    def end(self) -> int:
        """The number of the frame after the track's last."""
        return self.first + len(self.landmarks)

    @property
    def size(self) -> float:
        """The median distance between the eyes, px."""
        return float(np.median(topology.interocular(self.landmarks[self.seen])))

    @property
    def off_centre(self) -> float:
        """The median distance of the face from the picture's centre, px."""
        centre = (np.array(self.frame_size[::-1]) - 1) / 2
        offsets = self.landmarks[self.seen].mean(1) - centre
        return float(np.median(np.linalg.norm(offsets, axis=1)))


def bridged(a: Track, b: Track) -> Track:
    """Two tracks of one face and shot, the second some frames after the first, as one; the gap is interpolated."""
    gap = b.first - a.end
    between = _between(a.landmarks[-1], b.landmarks[0], gap)
    known = [(each.descriptor, len(each.landmarks)) for each in (a, b) if each.descriptor is not None]
    mean = np.average([each for each, _ in known], 0, [weight for _, weight in known]) if known else None
    return replace(
        a,
        landmarks=np.concatenate([a.landmarks, between, b.landmarks]),
        seen=np.concatenate([a.seen, np.zeros(gap, bool), b.seen]),
        descriptor=mean,
    )


@dataclass
class _Growing:
    """A track that may still be continued."""

    numbers: list[int] = field(default_factory=list)
    landmarks: list[Floats] = field(default_factory=list)
    descriptors: dict[int, NDArray[np.floating]] = field(default_factory=dict)
    touches: bool = False
    """Whether another face is so near that it might be taken for this one."""

    def add(self, number: int, landmarks: Floats) -> None:
        self.numbers.append(number)
        self.landmarks.append(landmarks)

    def begun_again(self) -> "_Growing":
        """Take the last frame away, and begin another track with it."""
        return _Growing([self.numbers.pop()], [self.landmarks.pop()])


def find_tracks(
    frames: Iterable[Image],
    *,
    detector: FaceDetector | None = None,
    mesh: FaceMesh | None = None,
    describe: Describe | None = None,
    shots: ShotFinder | None = None,
) -> list[Track]:
    """Find every face, reading each frame (H, W, 3) once and keeping none.

    The detector runs on every frame. A face that it misses is looked for where it was last. Gaps of up to `MAX_GAP`
    frames are filled by linear interpolation; after a longer gap the track ends, as it does at a cut. Where a face
    might be taken for another, after it has touched one or jumped, it ends, too, and another begins: their descriptors
    tell whether they are of one person.

    Args:
        frames: all of one size.
        detector: the zoo's by default.
        mesh: the zoo's by default.
        describe: makes descriptors; without it, tracks don't end where faces touch or jump.
        shots: is shown the frames and says where they are cut; all frames are one shot by default.

    Returns the tracks by their first frame.
    """
    detector = detector or FaceDetector.load()
    mesh = mesh or FaceMesh.load()
    live: list[_Growing] = []
    done: list[_Growing] = []
    size, number = (0, 0), -1
    for number, frame in enumerate(frames):
        size = (frame.shape[0], frame.shape[1])
        if shots is not None:
            shots.push(frame)
        lost = _link(live, _faces_in(frame, detector, mesh), number)
        for track in lost:
            again = mesh.refine(frame, track.landmarks[-1])
            # If another track is there already, this one has slid over to another person.
            taken = [t.landmarks[-1] for t in live if t.numbers[-1] == number]
            overlaps = _overlap(again.landmarks, [*taken, track.landmarks[-1]])
            if again.presence >= _MIN_PRESENCE and overlaps[-1] > _SAME_PLACE and (overlaps[:-1] < _SAME_FACE).all():
                track.add(number, again.landmarks)
        if describe is not None:
            live, ended = _doubted(live, number)
            done += ended
            for track in live:
                if track.numbers[-1] == number and (track.touches or (len(track.numbers) - 1) % DESCRIBED == 0):
                    track.descriptors[number] = describe(frame, track.landmarks[-1])
        done += [t for t in live if number - t.numbers[-1] > MAX_GAP]
        live = [t for t in live if number - t.numbers[-1] <= MAX_GAP]
    found = shots.finish() if shots is not None else [Shot(0, number + 1)]
    pieces = [_finished(track, size, shot) for track in done + live for shot in found]
    return sorted((piece for piece in pieces if piece is not None), key=lambda t: t.first)


def _doubted(live: list[_Growing], number: int) -> tuple[list[_Growing], list[_Growing]]:
    """End tracks whose face has jumped or no longer touches another, and begin others; (live, ended)."""
    kept, ended = list[_Growing](), list[_Growing]()
    for track in live:
        here = track.numbers[-1] == number and len(track.numbers) > 1
        others = [other.landmarks[-1] for other in live if other is not track]
        touches = bool((_overlap(track.landmarks[-1], others) > _TOUCH).any())
        jumps = here and bool(_overlap(track.landmarks[-1], track.landmarks[-2:-1])[0] < _STEADY)
        if here and (jumps or (track.touches and not touches)):
            ended.append(track)
            track = track.begun_again()
        track.touches = touches
        kept.append(track)
    return kept, ended


def _faces_in(frame: Image, detector: FaceDetector, mesh: FaceMesh) -> list[MeshFace]:
    """Return the faces in one frame, each once."""
    found = [mesh.find(frame, detection) for detection in detector.detect(frame)]
    faces: list[MeshFace] = []
    for one in found:
        if one.presence < _MIN_PRESENCE:
            continue
        if (_overlap(one.landmarks, [f.landmarks for f in faces]) < _SAME_FACE).all():
            faces.append(one)
    return faces


def _link(live: list[_Growing], faces: list[MeshFace], number: int) -> list[_Growing]:
    """Add each face to the live track it overlaps most, or start one; return the tracks that got none."""
    waiting, open_faces = list(live), list(faces)
    while waiting and open_faces:
        last = [t.landmarks[-1] for t in waiting]
        table = np.stack([_overlap(f.landmarks, last) for f in open_faces])
        row, column = np.unravel_index(int(table.argmax()), table.shape)
        if table[row, column] <= _SAME_PLACE:
            break
        waiting.pop(int(column)).add(number, open_faces.pop(int(row)).landmarks)
    live += [_Growing([number], [face.landmarks]) for face in open_faces]
    return waiting


def _overlap(landmarks: Floats, others: Sequence[Floats]) -> NDArray[np.floating]:
    """Return the intersection over union of the boxes around landmarks (468, 2) and each of `others`."""
    if not others:
        return np.zeros(0)
    return iou(topology.bounds(landmarks), topology.bounds(np.stack(others)))


def _between(before: Floats, after: Floats, gap: int) -> Floats:
    """The landmarks (gap, 468, 2) of a gap of so many frames, along a straight line."""
    share = (np.arange(1, gap + 1) / (gap + 1)).astype(np.float32)[:, None, None]
    return np.asarray(before * (1 - share) + after * share, np.float32)


def _finished(track: _Growing, frame_size: tuple[int, int], shot: Shot) -> Track | None:
    """The part in a shot, its gaps filled by linear interpolation; None if there is none."""
    rows = [row for row, number in enumerate(track.numbers) if shot.first <= number < shot.end]
    if not rows:
        return None
    first, total = track.numbers[rows[0]], track.numbers[rows[-1]] - track.numbers[rows[0]] + 1
    found = np.array(track.numbers)[rows] - first
    seen = np.zeros(total, bool)
    seen[found] = True
    known = np.stack([track.landmarks[row] for row in rows])
    landmarks = np.empty((total, *known.shape[1:]), np.float32)
    landmarks[found] = known
    for before, after in pairwise(found):
        landmarks[before + 1 : after] = _between(landmarks[before], landmarks[after], after - before - 1)
    described = [each for number, each in track.descriptors.items() if first <= number < first + total]
    return Track(first, landmarks, seen, frame_size, shot, np.mean(described, 0) if described else None)
