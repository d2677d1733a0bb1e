"""First stage: one face found, followed, cut out of every frame; kept in the run folder."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from steadyface.errors import InputError
from steadyface.faces.align import crop, crop_matrix
from steadyface.faces.align import quads as smooth_quads
from steadyface.faces.given import face_at, of_frames, quads_of, read_landmarks
from steadyface.faces.mask import PersonMask, face_mask
from steadyface.faces.resample import apply
from steadyface.faces.smooth import LANDMARK_SIGMA, smooth
from steadyface.faces.track import choose_track, find_tracks, rank
from steadyface.frames import FrameFolder
from steadyface.job import FrameRange
from steadyface.run import Run
from steadyface.video.reader import read_frames

_OUTLINE_FEATHER = 0.06


@dataclass(frozen=True)
class Aligned:
    """One person's face over the clip."""

    quads: NDArray[np.float64]
    """(T, 4, 2): where the crops lie, frame px."""
    landmarks: NDArray[np.float64]
    """(T, 468, 2): in crop px, smoothed over time."""
    person: NDArray[np.float32]
    """(S, S) in [0, 1]: where in the crops the person is in any of the frames, widened a little."""
    inputs: FrameFolder
    """The aligned crops of the input."""

    def __len__(self) -> int:
        return len(self.quads)

    def outline(self, frames: Sequence[int], dilation: float = 0.0) -> NDArray[np.float32]:
        """Where the face is in any of these frames, down to its chin, with a soft edge: (S, S) in [0, 1].

        ``dilation`` widens it, or narrows it, by a part of the crop's side.
        """
        size = len(self.person)
        how = {"dilation": dilation * size, "feather": _OUTLINE_FEATHER * size}
        return np.asarray(
            np.max([face_mask(self.landmarks[index], size, **how) for index in frames], axis=0), np.float32
        )


def align_clip(
    run: Run,
    key: str,
    source: Path,
    frames: FrameRange,
    face: int | None,
    size: int,
    device: torch.device,
    landmarks: Path | None = None,
) -> Aligned:
    """Find, follow and cut out the face. Raises `FaceError` and `InputError` as the parts do.

    ``landmarks`` is a file of another program's, which says where the crops are (`faces.given`).
    """
    folder = FrameFolder(run.path("aligned", "input"), device)
    start, stop = frames

    def work(_: object) -> dict[str, torch.Tensor]:
        total = 0

        def counted() -> Iterator[NDArray[np.uint8]]:
            nonlocal total
            for frame in read_frames(source, start, stop):
                total += 1
                yield frame.image

        tracks = find_tracks(counted(), start=start)
        if not total:
            raise InputError(f"{source} has no frame {start}; give --frames A:B inside the video")
        given, which = None, face
        if landmarks is not None:
            given = of_frames(read_landmarks(landmarks), start, total, landmarks)
            which = face or face_at(rank(tracks, total), given, landmarks)
        track = choose_track(tracks, which, total, start=start)
        corners = smooth_quads(track.landmarks) if given is None else quads_of(given)
        smoothed = smooth(track.landmarks, LANDMARK_SIGMA)
        in_crop = [apply(crop_matrix(c, size), points) for c, points in zip(corners, smoothed, strict=True)]
        return {"quads": torch.from_numpy(corners), "landmarks": torch.from_numpy(np.stack(in_crop))}

    kept = run.stage("align", key, work)
    corners = kept["quads"].numpy()
    _cut_out(run, key, source, frames, corners, folder, size)
    person = run.stage("person", key, lambda _: {"person": torch.from_numpy(person_over(folder, len(corners)))})
    return Aligned(corners, kept["landmarks"].numpy(), person["person"].numpy(), folder)


def person_over(folder: FrameFolder, count: int) -> NDArray[np.float32]:
    """Where the person is in any of the first ``count`` crops, widened a little: (S, S) in [0, 1]."""
    find = PersonMask.load().find
    most = np.max([find(folder.image(index)) for index in range(count)], axis=0)
    reach = len(most) // 32 * 2 + 1
    wider = cv2.dilate(most, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach)))
    return np.asarray(cv2.GaussianBlur(wider, (0, 0), reach / 4), np.float32)


def person_around(
    source: Path, frames: FrameRange, quads: NDArray[np.float64], side: int, sigma: float = 1.0
) -> NDArray[np.uint8]:
    """Where the person is in crops with other quads (T, 4, 2): (T, side, side), 0 to 255.

    Smoothed over time by ``sigma`` frames: the network's outlines jitter.
    """
    find = PersonMask.load().find
    crops = (crop(frame.image, quads[index], side) for index, frame in enumerate(read_frames(source, *frames)))
    found = np.stack([np.rint(255 * find(picture)).astype(np.uint8) for picture in crops])
    return np.asarray(np.clip(np.rint(smooth(found.astype(np.float32), sigma)), 0, 255), np.uint8)


def _cut_out(
    run: Run,
    key: str,
    source: Path,
    frames: FrameRange,
    quads: NDArray[np.float64],
    folder: FrameFolder,
    size: int,
) -> None:
    """Write the crops, unless they are all there from an earlier attempt under the same key."""
    done = run.path("state", "crops.json")
    if done.exists() and json.loads(done.read_text())["key"] == key and folder.count() == len(quads):
        return
    done.unlink(missing_ok=True)
    folder.clear()
    for index, frame in enumerate(read_frames(source, *frames)):
        folder.write(index, crop(frame.image, quads[index], size))
    run.write_json(done, {"key": key})
