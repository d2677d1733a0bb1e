"""What a worker does: one attempt at one job, in its own process, on any machine."""

import os
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from steadyface.config.job import Job
from steadyface.errors import FaceError, InputError, SteadyfaceError

PATIENCE_SECONDS = 120.0
"""How long an attempt waits for the lock of the previous one. On a lost node a worker can live on for a moment, and a
file server keeps the locks of an unreachable client for a while (NFS 4: 90 s)."""


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
        """The file in which the worker records its current stage, on the disk that it shares with the batch."""
        return self.out / "state" / "stage.txt"

    @property
    def log(self) -> Path:
        """The file for the workers' output."""
        return self.out / "log.txt"


class Outcome(NamedTuple):
    """How an attempt ended; a tuple, because it is sent from process to process."""

    reason: str
    """Why it failed, in one line; empty when it is done."""
    again: bool = False
    """Whether another attempt may succeed."""
    seconds: float = 0.0


Announce = Callable[[str], None]
Work = Callable[[Task, Announce], None]
"""Runs the job of a task and announces the stages that begin. A module-level function, since workers import it by
name."""


def edit(task: Task, announce: Announce) -> None:
    """Run the pipeline. It resumes from what an earlier attempt left in the folder."""
    import cv2
    import torch

    from steadyface.pipeline import run_checked

    torch.set_num_threads(task.threads)
    cv2.setNumThreads(task.threads)
    reuse = [task.reuse] if task.reuse else []
    run_checked(task.job, task.out, reuse=reuse, announce=announce, patience_seconds=PATIENCE_SECONDS)


def perform(task: Task, work: Work = edit) -> Outcome:
    """Make one attempt; every error becomes an outcome. Errors that the user didn't cause print a traceback."""
    os.environ["OMP_NUM_THREADS"] = str(task.threads)  # before torch, which reads it once
    begun = time.monotonic()

    def announce(stage: str) -> None:
        print(f"{task.name}: {stage}", flush=True)
        task.stage_file.parent.mkdir(parents=True, exist_ok=True)
        task.stage_file.write_text(stage, encoding="utf-8")

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
    """Whether to retry. Not if the input is wrong or the optimisation diverged, since both would happen again."""
    diverged = type(error).__name__ == "DivergedError"  # its module needs torch
    return not (isinstance(error, InputError | FaceError) or diverged)


def stage_of(task: Task) -> str:
    """The stage that the worker has recorded last; empty if there is none yet."""
    try:
        return task.stage_file.read_text(encoding="utf-8")
    except OSError:
        return ""
