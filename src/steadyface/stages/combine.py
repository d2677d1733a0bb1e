"""Several people's edits in one video: each person's run keeps its change of every frame, and all are laid together."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file

from steadyface.config.job import Job
from steadyface.faces.align import quad_side
from steadyface.provenance.note import tags_of
from steadyface.runs import manifest
from steadyface.runs.run import Run
from steadyface.runtime.files import digest
from steadyface.runtime.optimise import Watcher, counted
from steadyface.stages.output import CHANGES, Output, kept_change
from steadyface.stitching.paste import changed
from steadyface.video.info import frames_between, probe
from steadyface.video.reader import Frame, read_frames
from steadyface.video.writer import write_video

Floats = NDArray[np.float32]

HIDES = 8.0
"""Levels from which on a change of somebody in front hides that of somebody behind."""
COMBINED = ("edited.mp4", "compare.mp4")


def combine(run: Run, jobs: Mapping[int, Job], folders: Mapping[int, Path], watch: Watcher | None = None) -> int:
    """Write ``edited.mp4`` and ``compare.mp4`` (input | edited) of all people, and what else the jobs ask for.

    ``folders`` are those of each person's finished run. Faces that are larger are in front. Nothing is written if the
    manifest says that it is there. Returns the number of frames.
    """
    job = next(iter(jobs.values()))
    info = probe(job.source, job.rate)
    expected = frames_between(info, *job.frames)
    key = digest("combine", 1, [manifest.read(folder)["key"] for folder in folders.values()], job.codec, job.layer)
    if manifest.is_written(run, key):
        return int(manifest.read(run.folder)["frame_count"])
    manifest.forget(run)
    tags = tags_of([each for one in jobs.values() for each in one.edits], job.preset)
    how = Output(job.codec, job.layer, tags, job.sound)
    sound: dict[str, Any] = {
        "audio_from": job.source if info.has_audio and job.sound else None,
        "cut_sound": job.frames != (0, None),
    }
    back_to_front = sorted(folders.values(), key=_size)
    count = 0
    with run.timed("combine"), how.files(run.folder, info, sound) as files:
        for frame in counted(together(job, back_to_front), "write edited.mp4", expected, watch):
            count += 1
            for file in files:
                file.write(frame)
        edited, compare = map(run.path, COMBINED)
    beside = _beside(job, edited)
    write_video(compare, counted(beside, "write compare.mp4", expected, watch), info, metadata=how.tags, **sound)
    run.manifest |= {
        "people": {str(face): folder.name for face, folder in folders.items()},
        "source": str(job.source),
        "frames": list(job.frames),
        "frame_count": count,
    }
    manifest.finish(run, key, *(file.path for file in files), compare)
    return count


def together(job: Job, back_to_front: Sequence[Path]) -> Iterator[Frame]:
    """Each frame of the input with the changes of all runs."""
    kept = [read_frames(folder / "state" / CHANGES, coded=True) for folder in back_to_front]
    for frame, *changes in zip(read_frames(job.source, *job.frames, coded=True, rate=job.rate), *kept, strict=True):
        by = laid_over(map(kept_change, changes), frame.image.shape)
        yield replace(frame, image=changed(frame.image, by), change=by)


def laid_over(back_to_front: Iterable[Floats], shape: tuple[int, ...]) -> Floats:
    """The changes (H, W, 3) of people who may be in front of each other as one."""
    total = np.zeros(shape, np.float32)
    for change in back_to_front:
        hides = np.clip(np.abs(change).max(axis=2, keepdims=True) / HIDES, 0, 1)
        total = change + (1 - hides) * total
    return np.asarray(total, np.float32)


def _size(folder: Path) -> float:
    quads = load_file(folder / "state" / "align.safetensors")["quads"]
    return float(np.median([quad_side(each) for each in quads]))


def _beside(job: Job, edited: Path) -> Iterator[Frame]:
    for frame, other in zip(read_frames(job.source, *job.frames, rate=job.rate), read_frames(edited), strict=True):
        yield replace(
            frame, image=np.concatenate([frame.image, other.image[: len(frame.image), : frame.image.shape[1]]], axis=1)
        )
