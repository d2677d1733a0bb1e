"""``steadyface edit --look``: what an edit is like, on one frame in the middle of a clip, before the run."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from steadyface.clip.folder import FrameFolder
from steadyface.config.job import FrameRange, Job, preset_of
from steadyface.critics.lpips import Lpips
from steadyface.editing import catalogue
from steadyface.errors import FaceError
from steadyface.faces.align import quads
from steadyface.faces.people import choose_person, find_people
from steadyface.faces.track import find_tracks
from steadyface.gan.load import load_generator
from steadyface.inversion.encoders import encoder_file
from steadyface.inversion.guess import first_guess
from steadyface.preview.settings import FURTHEST, LOOK, Sketching
from steadyface.preview.sketch import Image, cut_out, edited, fit
from steadyface.runtime.determinism import settle_vector_math
from steadyface.runtime.device import choose_device
from steadyface.runtime.files import write_atomically
from steadyface.stages.edit import code_edits
from steadyface.stages.settings import requested_edits
from steadyface.video.info import probe
from steadyface.video.reader import read_frames

FILE = "look.png"


@dataclass(frozen=True)
class Look:
    """A frame before and after."""

    index: int
    """The frame's number in the video, from 0."""
    before: Image
    """(H, W, 3)"""
    after: Image


def write_look(job: Job, folder: Path) -> tuple[Path, int]:
    """Write ``look.png``, input | edited, into a folder; returns its path and the frame's number.

    Raises what `look` does, and `ResourceError` when the folder can't be written.
    """
    seen, path = look(job), folder / FILE
    both = np.concatenate([seen.before, seen.after], axis=1)[:, :, ::-1]
    encoded = cv2.imencode(".png", both)[1].tobytes()
    write_atomically(path, lambda beside: beside.write_bytes(encoded))
    return path, seen.index


def look(job: Job, settings: Sketching = LOOK) -> Look:
    """Edit one frame of a job that passed `config.job.check_look`, with the job's model, encoder, edits and face.

    The face is found in this frame alone, so that ``job.face`` counts the faces in it. Raises `FaceError` when it is
    not there, and `InputError` when the video can't be read or ends before that frame.
    """
    settle_vector_math()
    index = middle_of(job.source, job.frames)
    frame = next(read_frames(job.source, index, index + 1)).image
    people = find_people(find_tracks([frame]))
    if not people:
        raise FaceError(f"no face found in frame {index}: choose a part with a visible face, --frames A:B")
    points = choose_person(people, job.face, 1).tracks[0].landmarks
    with one_thread():
        return _edited(job, index, frame, points, settings)


def _edited(job: Job, index: int, frame: Image, points: NDArray[np.floating], settings: Sketching) -> Look:
    """With the face's landmarks (1, 468, 2) in px of the frame."""
    preset, device = preset_of(job), choose_device(job.device)
    generator, lpips = load_generator(job.model).to(device), Lpips("alex").to(device)
    requests = requested_edits(job, preset)
    styles = [catalogue.load_style(each.request) for each in requests if each.style]
    with tempfile.TemporaryDirectory(prefix="steadyface-look-") as folder:
        corners = quads(points, preset.alignment)[0]
        one = cut_out(frame, corners, points[0], FrameFolder(Path(folder), device), generator.resolution)
        encoder = encoder_file(job.encoder) if job.encoder else None
        guess = first_guess(generator, one.inputs, 1, lpips, encoder)
        sketch = fit(frame, one, guess, generator, lpips, settings)
        return Look(index, frame, edited(sketch, code_edits(requests), styles, generator))


@contextmanager
def one_thread() -> Iterator[None]:
    """Let torch compute in one thread. Two that wait for each other beside other work took 21 processor seconds for
    what one does in 11."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def middle_of(source: Path, frames: FrameRange) -> int:
    """The number of a range's middle frame, or `FURTHEST` frames behind its first. Raises `InputError`.

    The range may go to the end of the video, whose number of frames is only estimated in some files.
    """
    start, stop = frames
    end = probe(source).frame_count or 0 if stop is None else stop
    return start + min(max(end - start - 1, 0) // 2, FURTHEST)
