"""What workers do in the tests instead of editing; a module of its own, because workers import it by name."""

import json
import os
import signal
import time
from pathlib import Path

from steadyface.cluster.worker import Announce, Task
from steadyface.errors import InputError, WeightsError
from steadyface.runtime.files import file_sha256

VIDEO = b"a video"


def note(task: Task, **what: object) -> None:
    """Keep what an attempt saw, one line for each."""
    path = task.out.parent / "attempts.jsonl"
    reuse = task.reuse and task.reuse.name
    line = json.dumps({"name": task.name, "pid": os.getpid(), "reuse": reuse, "at": time.monotonic(), **what})
    with path.open("a", encoding="utf-8") as file:
        file.write(line + "\n")


def attempts(folder: Path) -> list[dict[str, object]]:
    """What `note` kept."""
    return [json.loads(line) for line in (folder / "attempts.jsonl").read_text(encoding="utf-8").splitlines()]


def finish(task: Task) -> None:
    """Leave what a run leaves."""
    video = task.out / "edited.mp4"
    video.write_bytes(VIDEO)
    (task.out / "manifest.json").write_text(
        json.dumps({"outputs": {"edited.mp4": file_sha256(video)}}), encoding="utf-8"
    )


def quick(task: Task, announce: Announce) -> None:
    """Does it at once."""
    note(task, threads=os.environ["OMP_NUM_THREADS"])
    announce("phase1")
    print("said by the worker")
    finish(task)


def slow(task: Task, announce: Announce) -> None:
    """Inverts, and is then long at phase 1 until there is a file that lets it go on."""
    note(task)
    announce("tune")
    time.sleep(0.3)
    announce("phase1")
    while not (task.out.parent / "go").exists():
        time.sleep(0.05)
    finish(task)


def killed_once(task: Task, announce: Announce) -> None:
    """The first attempt at a job is killed as the system does it when memory runs out."""
    note(task)
    announce("phase2")
    first = task.out / "first"
    if not first.exists():
        first.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    finish(task)


def by_name(task: Task, announce: Announce) -> None:
    """Fails as the clip's name says."""
    note(task)
    clip = task.job.source.stem
    if clip == "faceless":
        raise InputError("no face\nfound")
    if clip == "offline":
        raise WeightsError("no network")
    if clip == "bug":
        raise RuntimeError("the shapes don't fit")
    announce("phase1")
    finish(task)


def direct(task: Task, announce: Announce) -> None:
    """The real pipeline in the fewest steps, without the phases."""
    from dataclasses import replace

    from steadyface.config.presets import PRESETS
    from steadyface.inversion.settings import PivotalTuning, Refinement
    from steadyface.pipeline import run_job
    from steadyface.runs.run import Run

    tuning = PivotalTuning(0, least_steps=3)
    few = {"refinement": Refinement(common_steps=3, steps_per_frame=1), "tuning": tuning, "adaptation": tuning}
    run = Run.open(task.out, announce=announce, reuse=[task.reuse] if task.reuse else [])
    run.save_every_seconds = 0.0
    with run.locked():
        run_job(task.job, run, preset=replace(PRESETS["direct"], **few))
