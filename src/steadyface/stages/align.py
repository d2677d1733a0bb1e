"""Find a face, follow it, and cut it out of every frame."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from steadyface.clip.aligned import Aligned
from steadyface.clip.folder import FrameFolder
from steadyface.errors import InputError
from steadyface.faces.align import crop, crop_matrix, quads
from steadyface.faces.external_landmarks import face_at, of_frames, quads_of, read_landmarks
from steadyface.faces.resample import apply
from steadyface.faces.smooth import smooth
from steadyface.faces.track import choose_track, find_tracks, rank
from steadyface.runtime.optimise import Counter, counted
from steadyface.stages.context import StageContext
from steadyface.stages.on_disk import fill
from steadyface.stages.person import person_over
from steadyface.stages.settings import Align, Crop, Person
from steadyface.video.info import frames_between, probe
from steadyface.video.reader import read_frames


@dataclass(frozen=True)
class FollowedFace:
    """Where one face is in every frame."""

    quads: NDArray[np.float64]
    """(T, 4, 2): corners of the crops, in frame px."""
    landmarks: NDArray[np.float64]
    """(T, 468, 2): in crop px, smoothed over time."""


def follow(context: StageContext, settings: Align) -> FollowedFace:
    """Find and follow the face. Raises `FaceError` and `InputError` like the functions that it calls."""
    source, (start, stop), total = settings.source.path, settings.frames, 0

    def numbered() -> Iterator[NDArray[np.uint8]]:
        nonlocal total
        for frame in read_frames(source, start, stop):
            total += 1
            yield frame.image

    expected = frames_between(probe(source), start, stop)
    tracks = find_tracks(counted(numbered(), "follow the face", expected, context.watch), start=start)
    if not total:
        raise InputError(f"{source} has no frame {start}; give --frames A:B inside the video")
    external, which = None, settings.face
    if settings.landmarks is not None:
        path = settings.landmarks.path
        external = of_frames(read_landmarks(path), start, total, path)
        which = which or face_at(rank(tracks, total), external, path)
    track = choose_track(tracks, which, total, start=start)
    alignment = settings.alignment
    corners = quads(track.landmarks, alignment) if external is None else quads_of(external, alignment)
    smoothed = smooth(track.landmarks, alignment.landmark_sigma)
    in_crop = [apply(crop_matrix(c, settings.size), points) for c, points in zip(corners, smoothed, strict=True)]
    return FollowedFace(corners, np.stack(in_crop))


def cut_out(context: StageContext, settings: Crop, face: FollowedFace) -> FrameFolder:
    """Write the crops into the run folder, unless they are all there from an earlier attempt under the same key."""
    folder = FrameFolder(context.run.path("aligned", "input"), context.device)

    def crops() -> Iterator[NDArray[np.uint8]]:
        for index, frame in enumerate(read_frames(settings.source.path, *settings.frames)):
            yield crop(frame.image, face.quads[index], settings.size)

    fill(folder, context.run, "crops", context.key, len(face.quads), crops)
    return folder


def find_person(context: StageContext, settings: Person, face: FollowedFace, crops: FrameFolder) -> Aligned:
    """The clip that all later stages use: the crops, with a mask of the person."""
    done = Counter("find the person", len(face.quads), context.watch)
    return Aligned(face.quads, face.landmarks, person_over(crops, len(face.quads), done), crops)
