"""One track per person: faces found frame by frame and linked over time."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from steadyface.errors import FaceError
from steadyface.faces import topology
from steadyface.faces.detect import FaceDetector, iou
from steadyface.faces.mesh import FaceMesh, MeshFace
from steadyface.faces.shots import CutFinder

Floats = NDArray[np.float32]

_MIN_PRESENCE = 0.5
_SAME_FACE = 0.5
_SAME_PERSON = 0.3


@dataclass(frozen=True)
class Track:
    """One person's face over consecutive frames."""

    first: int
    """The number, from 0, of the first frame in which the face was found."""
    landmarks: Floats
    """(T, 468, 2): x, y in px, as found, unsmoothed; interpolated where the face wasn't seen."""
    seen: NDArray[np.bool_]
    """(T,): whether the face was found in the frame."""
    frame_size: tuple[int, int]
    """Height and width of the frames, px."""

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


@dataclass
class _Growing:
    """A track that may still be continued."""

    numbers: list[int] = field(default_factory=list)
    landmarks: list[Floats] = field(default_factory=list)

    def add(self, number: int, landmarks: Floats) -> None:
        self.numbers.append(number)
        self.landmarks.append(landmarks)


def find_tracks(
    frames: Iterable[NDArray[np.uint8]],
    *,
    detector: FaceDetector | None = None,
    mesh: FaceMesh | None = None,
    max_gap: int = 5,
    start: int = 0,
) -> list[Track]:
    """Find every face in one shot, reading each frame (H, W, 3) once and keeping none.

    The detector runs on every frame. A face that it misses is looked for where it was last. Gaps of up to `max_gap`
    frames are filled by linear interpolation; after a longer gap the track ends.

    Args:
        frames: one shot, all of one size.
        detector: the zoo's by default.
        mesh: the zoo's by default.
        max_gap: frames.
        start: the number of the first frame in the file, for messages; tracks count from 0.

    Returns the tracks by their first frame.

    Raises:
        FaceError: there is a cut.
    """
    detector = detector or FaceDetector.load()
    mesh = mesh or FaceMesh.load()
    cuts = CutFinder()
    live: list[_Growing] = []
    done: list[_Growing] = []
    size, number = (0, 0), -1
    for number, frame in enumerate(frames):
        size = (frame.shape[0], frame.shape[1])
        _refuse_cut(cuts.push(frame), start)
        faces = _faces_in(frame, detector, mesh)
        lost = _link(live, faces, number)
        for track in lost:
            again = mesh.refine(frame, track.landmarks[-1])
            # If another track is there already, this one has slid over to another person.
            taken = [t.landmarks[-1] for t in live if t.numbers[-1] == number]
            overlaps = _overlap(again.landmarks, [*taken, track.landmarks[-1]])
            if again.presence >= _MIN_PRESENCE and overlaps[-1] > _SAME_PERSON and (overlaps[:-1] < _SAME_FACE).all():
                track.add(number, again.landmarks)
        done += [t for t in live if number - t.numbers[-1] > max_gap]
        live = [t for t in live if number - t.numbers[-1] <= max_gap]
    _refuse_cut(cuts.finish(), start)
    return sorted((_finished(t, size) for t in done + live), key=lambda t: t.first)


def rank(tracks: list[Track], total: int) -> list[Track]:
    """Return the tracks in the order in which `--face N` counts them, from 1.

    Faces that last through all `total` frames come first, then larger ones (median distance of the eyes;
    sizes within one tenth count as equal), then the more central ones. So a passer-by close to the camera
    isn't taken for the speaker.
    """
    lasting = [t for t in tracks if len(t.landmarks) == total]
    passing = [t for t in tracks if len(t.landmarks) != total]
    return _by_size(lasting) + _by_size(passing)


def choose_track(tracks: list[Track], face: int | None, total: int, *, start: int = 0) -> Track:
    """Return the face to edit: the first by `rank`, or the `face`-th, counted from 1.

    Args:
        tracks: of one shot.
        face: which, or None.
        total: the shot's frames.
        start: the number of the shot's first frame in the file, for messages.

    Raises:
        FaceError: there's no face, there's no such face, or it isn't there all the time.
    """
    if not tracks:
        raise FaceError(
            f"no face found in any of the {total} frames: choose a clip or --frames A:B with a visible face"
        )
    ranked = rank(tracks, total)
    if face is not None and not 1 <= face <= len(ranked):
        found = "1 face was" if len(ranked) == 1 else f"{len(ranked)} faces were"
        raise FaceError(f"there is no face {face}: {found} found, pass --face 1 to {len(ranked)} or leave it out")
    chosen = ranked[(face or 1) - 1]
    if len(chosen.landmarks) < total:
        raise FaceError(_lost_message(chosen, ranked if face is None else [chosen], total, start))
    return chosen


def _by_size(tracks: list[Track]) -> list[Track]:
    rest = sorted(tracks, key=lambda t: -t.size)
    ranked: list[Track] = []
    while rest:
        equals = [t for t in rest if t.size > 0.9 * rest[0].size]
        ranked += sorted(equals, key=lambda t: t.off_centre)
        rest = rest[len(equals) :]
    return ranked


def _refuse_cut(number: int | None, start: int) -> None:
    if number is not None:
        at = number + start
        raise FaceError(
            f"there is a cut at frame {at}: edit one shot at a time, --frames {start}:{at} or --frames {at}:"
        )


def _faces_in(frame: NDArray[np.uint8], detector: FaceDetector, mesh: FaceMesh) -> list[MeshFace]:
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
        if table[row, column] <= _SAME_PERSON:
            break
        waiting.pop(int(column)).add(number, open_faces.pop(int(row)).landmarks)
    live += [_Growing([number], [face.landmarks]) for face in open_faces]
    return waiting


def _overlap(landmarks: Floats, others: list[Floats]) -> NDArray[np.floating]:
    """Return the intersection over union of the boxes around landmarks (468, 2) and each of `others`."""
    if not others:
        return np.zeros(0)
    return iou(topology.bounds(landmarks), topology.bounds(np.stack(others)))


def _finished(track: _Growing, frame_size: tuple[int, int]) -> Track:
    """Fill the gaps by linear interpolation."""
    first, total = track.numbers[0], track.numbers[-1] - track.numbers[0] + 1
    found = np.array(track.numbers) - first
    seen = np.zeros(total, bool)
    seen[found] = True
    known = np.stack(track.landmarks)
    landmarks = np.empty((total, *known.shape[1:]), np.float32)
    landmarks[found] = known
    for before, after in pairwise(found):
        for number in range(before + 1, after):
            share = np.float32((number - before) / (after - before))
            landmarks[number] = landmarks[before] * (1 - share) + landmarks[after] * share
    return Track(first, landmarks, seen, frame_size)


def _lost_message(chosen: Track, candidates: list[Track], total: int, start: int) -> str:
    """Say where the face is missing, counting a person whose track was interrupted as one."""
    same = [t for t in candidates if t.size > 0.5 * chosen.size]
    longest = max(same, key=lambda t: len(t.landmarks))
    frames = f"--frames {longest.first + start}:{longest.end + start}"
    advice = f"pass {frames}, the longest part with a face all the time"
    missing = np.ones(total, bool)
    for track in same:
        missing[track.first : track.end] = False
    if not missing.any():
        at = min(t.first for t in same if t.first > 0) + start
        return f"the face jumps at frame {at} (a cut, or another person): {advice}"
    edges = np.flatnonzero(np.diff(np.concatenate([[False], missing, [False]]).astype(int)))
    spans = [(a + start, b - 1 + start) for a, b in zip(edges[::2], edges[1::2], strict=True)]
    names = ", ".join(f"{a}" if a == b else f"{a} to {b}" for a, b in spans)
    noun = "frame" if missing.sum() == 1 else "frames"
    return f"the face is lost in {noun} {names} of {total}: {advice}"
