"""The faces of a clip, numbered as ``--face N`` counts them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from steadyface.app.clips import Clip
from steadyface.config.job import FrameRange
from steadyface.errors import FaceError
from steadyface.faces.align import crop, quad
from steadyface.faces.track import Track, find_tracks, rank
from steadyface.video.reader import read_frames

THUMBNAIL = 160
"""Side of a face's picture, px."""

Image = NDArray[np.uint8]


@dataclass(frozen=True)
class FoundFaces:
    """The faces that were found in a part of a clip."""

    frames: FrameRange
    total: int
    """Frames of that part."""
    tracks: tuple[Track, ...]
    """Face N is ``tracks[N - 1]``; their frames count from the part's first."""
    pictures: tuple[Image, ...]
    """One for each face, (160, 160, 3)."""

    def lasts(self, face: int) -> bool:
        """Whether a face is there in all frames, so that it can be edited."""
        return len(self.tracks[face - 1].landmarks) == self.total

    def captions(self) -> list[str]:
        """The captions of the pictures."""
        numbers = range(1, len(self.tracks) + 1)
        return [f"face {n}" if self.lasts(n) else f"face {n}, not in all frames" for n in numbers]


def find_faces(clip: Clip, frames: FrameRange, seen: Callable[[int, int], None] = lambda *_: None) -> FoundFaces:
    """Find and follow the faces. ``seen`` is called with the number of frames done and their total.

    Raises `FaceError` when there is none or the clip has a cut, and `InputError` when it can't be read.
    """
    start, stop = frames
    total = (clip.frames if stop is None else stop) - start

    def counted() -> Iterator[Image]:
        for done, frame in enumerate(read_frames(clip.path, start, stop), 1):
            seen(done, total)
            yield frame.image

    tracks = rank(find_tracks(counted(), start=start), total)
    if not tracks:
        raise FaceError(f"no face found in any of the {total} frames: choose a clip or frames with a visible face")
    return FoundFaces(frames, total, tuple(tracks), tuple(_pictures(clip, frames, tracks)))


def _pictures(clip: Clip, frames: FrameRange, tracks: list[Track]) -> list[Image]:
    """Each face in the middle of its track, with its number."""
    middles = [track.first + len(track.landmarks) // 2 for track in tracks]
    pictures: dict[int, Image] = {}
    start = frames[0]
    for frame in read_frames(clip.path, start, start + max(middles) + 1):
        for face, middle in enumerate(middles):
            if frame.index == start + middle:
                track = tracks[face]
                picture = crop(frame.image, quad(track.landmarks[middle - track.first]), THUMBNAIL)
                pictures[face] = _numbered(picture, face + 1)
    return [pictures[face] for face in range(len(tracks))]


def _numbered(picture: Image, number: int) -> Image:
    """A copy with the number in the lower left corner."""
    marked, (x, y) = picture.copy(), (22, THUMBNAIL - 22)
    cv2.circle(marked, (x, y), 16, (255, 255, 255), -1, cv2.LINE_AA)
    text = str(number)
    width = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, 0.7, 2)[0][0]
    cv2.putText(marked, text, (x - width // 2, y + 7), cv2.FONT_HERSHEY_SIMPLEX, 0.7, (40, 40, 40), 2, cv2.LINE_AA)
    return marked
