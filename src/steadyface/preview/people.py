"""The people of a video, numbered as ``--face N`` counts them, with a picture of each, and where they are."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from steadyface.config.job import FrameRange
from steadyface.errors import FaceError
from steadyface.faces.align import crop, quad
from steadyface.faces.people import Person, find_people
from steadyface.faces.shots import Shot, ShotFinder
from steadyface.faces.track import find_tracks
from steadyface.runtime.device import choose_device
from steadyface.stages.align import describer
from steadyface.video.info import frames_between, probe
from steadyface.video.reader import read_frames

THUMBNAIL = 160
"""Side of a face's picture, px."""

Image = NDArray[np.uint8]


@dataclass(frozen=True)
class FoundPeople:
    """The people who were found in a part of a video."""

    frames: FrameRange
    total: int
    """Frames of that part."""
    shots: tuple[Shot, ...]
    people: tuple[Person, ...]
    """Face N is ``people[N - 1]``; frames count from the part's first."""
    pictures: tuple[Image, ...]
    """One for each, (160, 160, 3)."""

    def captions(self) -> list[str]:
        """The captions of the pictures."""
        return [f"face {n}{self._share(person)}" for n, person in enumerate(self.people, 1)]

    def person(self, face: int) -> Person:
        """Raises `FaceError` if there is no such face."""
        if not 1 <= face <= len(self.people):
            raise FaceError(f"there is no face {face}: {len(self.people)} found")
        return self.people[face - 1]

    def spans(self, face: int) -> list[tuple[int, int]]:
        """The first and the last frame, in the file, of each part in which a face is."""
        start = self.frames[0]
        return [(start + track.first, start + track.end - 1) for track in self.person(face).tracks]

    def sheet(self) -> Image:
        """All pictures side by side."""
        return np.concatenate(self.pictures, axis=1)

    def _share(self, person: Person) -> str:
        return "" if person.frames == self.total else f", in {person.frames} of {self.total} frames"


def people_of(
    source: Path, frames: FrameRange = (0, None), seen: Callable[[int, int], None] = lambda *_: None
) -> FoundPeople:
    """Find the people. ``seen`` is called with the number of frames done and their expected total.

    Raises `FaceError` when there is nobody, and `InputError` when the video can't be read.
    """
    (start, stop), done = frames, 0
    expected = frames_between(probe(source), start, stop)

    def counted() -> Iterator[Image]:
        nonlocal done
        for frame in read_frames(source, start, stop):
            done += 1
            seen(done, max(done, expected))
            yield frame.image

    finder = ShotFinder()
    people = find_people(find_tracks(counted(), describe=describer(choose_device("auto")), shots=finder))
    if not people:
        raise FaceError(f"no face found in any of the {done} frames: choose a clip or frames with a visible face")
    pictures = tuple(_pictures(source, frames, people))
    return FoundPeople(frames, done, tuple(finder.finish()), tuple(people), pictures)


def _pictures(source: Path, frames: FrameRange, people: Sequence[Person]) -> list[Image]:
    """Each face in the middle of its longest track, with its number."""
    longest = [max(person.tracks, key=lambda track: len(track.landmarks)) for person in people]
    middles = [track.first + len(track.landmarks) // 2 for track in longest]
    pictures: dict[int, Image] = {}
    start = frames[0]
    for frame in read_frames(source, start, start + max(middles) + 1):
        for face, (track, middle) in enumerate(zip(longest, middles, strict=True)):
            if frame.index == start + middle:
                picture = crop(frame.image, quad(track.landmarks[middle - track.first]), THUMBNAIL)
                pictures[face] = _numbered(picture, face + 1)
    return [pictures[face] for face in range(len(people))]


def _numbered(picture: Image, number: int) -> Image:
    """A copy with the number in the lower left corner."""
    marked, (x, y) = picture.copy(), (22, THUMBNAIL - 22)
    cv2.circle(marked, (x, y), 16, (255, 255, 255), -1, cv2.LINE_AA)
    text = str(number)
    width = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, 0.7, 2)[0][0]
    cv2.putText(marked, text, (x - width // 2, y + 7), cv2.FONT_HERSHEY_SIMPLEX, 0.7, (40, 40, 40), 2, cv2.LINE_AA)
    return marked
