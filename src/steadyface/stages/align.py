"""Find a face, follow it, and cut it out of every frame."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from steadyface.clip.aligned import Aligned
from steadyface.clip.folder import FrameFolder, to_tensor
from steadyface.clip.segments import Segments
from steadyface.critics.identity import Identity
from steadyface.errors import InputError
from steadyface.faces import people as faces
from steadyface.faces.align import crop, crop_matrix, quad
from steadyface.faces.external_landmarks import face_at, of_frames, quads_of, read_landmarks
from steadyface.faces.resample import apply
from steadyface.faces.shots import ShotFinder
from steadyface.faces.smooth import smooth
from steadyface.faces.track import Describe, find_tracks
from steadyface.runtime.optimise import Counter, counted
from steadyface.stages.context import StageContext
from steadyface.stages.covered import Covers
from steadyface.stages.footage import frames_of
from steadyface.stages.on_disk import fill
from steadyface.stages.person import person_over
from steadyface.stages.settings import Align, Crop, Person
from steadyface.video.info import frames_between, probe
from steadyface.video.reader import read_frames

_DESCRIBED_SIDE = 256
"""Side in px of the crops that faces are told apart by."""


@dataclass(frozen=True)
class FollowedFace:
    """Where one face is in every frame."""

    quads: NDArray[np.float64]
    """(T, 4, 2): corners of the crops, in frame px."""
    landmarks: NDArray[np.float64]
    """(T, 468, 2): in crop px, smoothed over time."""
    segments: Segments
    """The frames in which it is."""


def follow(context: StageContext, settings: Align) -> FollowedFace:
    """Find and follow the face. Raises `FaceError` and `InputError` like the functions that it calls."""
    source, (start, stop), total = settings.source.path, settings.frames, 0

    def numbered() -> Iterator[NDArray[np.uint8]]:
        nonlocal total
        for frame in read_frames(source, start, stop):
            total += 1
            yield frame.image

    expected = frames_between(probe(source), start, stop)
    shown = counted(numbered(), "follow the face", expected, context.watch)
    people = faces.find_people(find_tracks(shown, describe=describer(context.device), shots=ShotFinder()))
    if not total:
        raise InputError(f"{source} has no frame {start}; give --frames A:B inside the video")
    external, which = None, settings.face
    if settings.landmarks is not None:
        path = settings.landmarks.path
        external = of_frames(read_landmarks(path), start, total, path)
        which = which or face_at(people, external, path)
    person = faces.choose_person(people, which, total)
    segments, alignment = segments_of_person(person, start), settings.alignment
    points = np.concatenate([track.landmarks for track in person.tracks])
    given = points if external is None else external[segments.numbers - start]
    corners = segments.each(lambda part: quads_of(part, alignment), given)
    smoothed = segments.each(lambda part: smooth(part, alignment.landmark_sigma), points)
    in_crop = [apply(crop_matrix(c, settings.size), each) for c, each in zip(corners, smoothed, strict=True)]
    return FollowedFace(corners, np.stack(in_crop), segments)


def covers_of(context: StageContext, settings: Person, face: FollowedFace, crops: FrameFolder) -> Covers:
    """What is not seen of the face, found when it is asked for."""
    info = probe(settings.source.path)
    return Covers(context.run, context.key, crops, face.segments, face.quads, (info.height, info.width))


def describer(device: torch.device | str) -> Describe:
    """Descriptors of faces by the network for identities."""
    identity = Identity().to(device)

    def describe(frame: NDArray[np.uint8], landmarks: NDArray[np.float32]) -> NDArray[np.float64]:
        picture = to_tensor(crop(frame, quad(landmarks), _DESCRIBED_SIDE))
        with torch.inference_mode():
            return np.asarray(identity(picture.to(device))[0].double().cpu().numpy())

    return describe


def segments_of_person(person: faces.Person, start: int) -> Segments:
    """Where a person is in a file whose frames were followed from ``start`` on.

    An edit fades where the face comes or goes within a shot, or in a gradual transition to another one.
    """
    tracks = person.tracks
    shots = list(dict.fromkeys(track.shot for track in tracks))
    ends = np.cumsum([len(track.landmarks) for track in tracks])
    comes = (track.first > track.shot.first or track.shot.fade_in > 0 for track in tracks)
    goes = (track.end < track.shot.end or track.shot.fade_out > 0 for track in tracks)
    return Segments(
        np.concatenate([np.arange(start + track.first, start + track.end) for track in tracks]),
        (0, *(int(end) for end in ends[:-1])),
        tuple(zip(comes, goes, strict=True)),
        tuple(shots.index(track.shot) for track in tracks),
    )


def cut_out(context: StageContext, settings: Crop, face: FollowedFace) -> FrameFolder:
    """Write the crops into the run folder, unless they are all there from an earlier attempt under the same key."""
    folder = FrameFolder(context.run.path("aligned", "input"), context.device)

    def crops() -> Iterator[NDArray[np.uint8]]:
        for row, frame in frames_of(settings.source.path, settings.frames, face.segments):
            yield crop(frame.image, face.quads[row], settings.size)

    fill(folder, context.run, "crops", context.key, len(face.quads), crops)
    return folder


def find_person(context: StageContext, settings: Person, face: FollowedFace, crops: FrameFolder) -> Aligned:
    """The clip that all later stages use: the crops, with a mask of the person, and of what is in front of the face."""
    done = Counter("find the person", len(face.quads), context.watch)
    person = person_over(crops, len(face.quads), done)
    covers = covers_of(context, settings, face, crops)
    return Aligned(face.quads, face.landmarks, person, crops, face.segments, covers)
