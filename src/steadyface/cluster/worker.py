"""What a worker does: one attempt at one job, in a process of its own, wherever that is."""

import os
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from steadyface.errors import FaceError, InputError, SteadyfaceError
from steadyface.job import Job

INVERSION = ("", "align", "person", "refine", "tune")
"""The stages after which a run's folder serves other edits of the clip; the empty one is before the first."""
PATIENCE_SECONDS = 120.0
"""How long an attempt waits for the lock of the one before it: on a lost node a worker can live on for a moment, and a
file server keeps the locks of a client that it doesn't hear of for a while (NFS 4: 90 s)."""


@dataclass(frozen=True)
class Task:
    """One attempt at a job, as a worker is given it."""

    name: str
    job: Job
    out: Path
    reuse: Path | None
    threads: int

    @property
    def stage_file(self) -> Path:
        """Where the worker notes the stage that it is in, on the disk that it shares with the batch."""
        return self.out / "state" / "stage.txt"

    @property
    def log(self) -> Path:
        """What its workers print."""
        return self.out / "log.txt"


class Outcome(NamedTuple):
    """How an attempt ended; a tuple, because it is sent from process to process."""

    reason: str
    """In one line why it failed; empty when it is done."""
    again: bool = False
    """Whether another attempt may end otherwise."""
    seconds: float = 0.0


Announce = Callable[[str], None]
Work = Callable[[Task, Announce], None]
"""Does the job of a task and names the stages that begin. A function of a module: workers import it by its name."""


def edit(task: Task, announce: Announce) -> None:
    """Run the pipeline; what an earlier attempt left in the folder is taken up."""
    import cv2
    import torch

    from steadyface.job import check
    from steadyface.pipeline import run_job
    from steadyface.run import Run

    torch.set_num_threads(task.threads)
    cv2.setNumThreads(task.threads)
    check(task.job, task.out, task.reuse)
    run = Run.open(task.out, announce=announce, reuse=[task.reuse])
    with run.locked(PATIENCE_SECONDS):
        run_job(task.job, run)


def perform(task: Task, work: Work = edit) -> Outcome:
    """Make one attempt; every error becomes an outcome. Tracebacks of what isn't the user's doing go to stderr."""
    os.environ["OMP_NUM_THREADS"] = str(task.threads)  # before torch, which reads it once
    begun = time.monotonic()

    def announce(stage: str) -> None:
        print(f"{task.name}: {stage}", flush=True)
        task.stage_file.parent.mkdir(parents=True, exist_ok=True)
        task.stage_file.write_text(stage)

    try:
        work(task, announce)
    except Exception as error:
        if not isinstance(error, SteadyfaceError):
            traceback.print_exc()
        return Outcome(reason_of(error), worth_another_attempt(error), time.monotonic() - begun)
    return Outcome("", seconds=time.monotonic() - begun)


def reason_of(error: Exception) -> str:
    """An error in one line."""
    said = " ".join(str(error).split())
    return said if isinstance(error, SteadyfaceError) else f"{type(error).__name__}: {said}"


def worth_another_attempt(error: Exception) -> bool:
    """Not if the input is at fault or the optimisation diverged: both would end in the same way."""
    diverged = type(error).__name__ == "DivergedError"  # its module needs torch
    return not (isinstance(error, InputError | FaceError) or diverged)


def stage_of(task: Task) -> str:
    """The stage that the worker noted last; empty when there is none yet."""
    try:
        return task.stage_file.read_text()
    except OSError:
        return ""
