"""Executors run attempts at jobs: their interface, and the one that starts processes on this machine."""

import multiprocessing
import os
import threading
import time
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from typing import Protocol

from steadyface.cluster.signals import LEFT_ALONE, death, ignore_ctrl_c, without_ctrl_c
from steadyface.cluster.worker import Outcome, Task, Work, edit, perform

GRACE_SECONDS = 5.0
"""How long a worker that was asked to end may take until it is killed. Either way it loses only what is newer than its
last checkpoint."""


class Executor(Protocol):
    """Runs attempts, several at a time, each in a fresh process."""

    threads: int
    """Number of threads of each worker."""

    def free(self) -> int:
        """How many more attempts can be started now."""
        ...

    def submit(self, task: Task) -> None:
        """Start an attempt. The worker's output goes into the task's log."""
        ...

    def wait(self, seconds: float) -> Sequence[tuple[str, Outcome]]:
        """The attempts that ended since the last call, by task name. Waits at most ``seconds`` for the first one."""
        ...

    def close(self) -> None:
        """Stop all running attempts."""
        ...


class Asking(Protocol):
    """The batch's end of the pipe to a worker. The classes of both ends differ from system to system."""

    def recv(self) -> Outcome:
        """Return the worker's answer. Raises `EOFError` when it died without one."""
        ...

    def close(self) -> None:
        """Close this end."""
        ...


class Answering(Protocol):
    """The worker's end of the pipe."""

    def send(self, outcome: Outcome, /) -> None:
        """Send the answer."""
        ...


@dataclass
class _Attempt:
    process: BaseProcess
    answer: Asking
    begun: float


class LocalExecutor:
    """Processes on this machine, each with its own number of threads."""

    def __init__(self, workers: int, threads: int, work: Work = edit) -> None:
        self.threads = threads
        self._workers = workers
        self._work = work
        self._running: dict[str, _Attempt] = {}

    def free(self) -> int:
        """How many more attempts can be started now."""
        return self._workers - len(self._running)

    def submit(self, task: Task) -> None:
        """Start a process. It is spawned, not forked: torch's threads don't survive a fork."""
        context = multiprocessing.get_context("spawn")
        answer, asked = context.Pipe(duplex=False)
        process = context.Process(target=serve, args=(task, self._work, asked), daemon=True)
        # On Ctrl-C the batch itself ends its workers
        with without_ctrl_c():
            process.start()
        asked.close()  # the worker now has the only copy of its end, so that its death is noticed
        self._running[task.name] = _Attempt(process, answer, time.monotonic())

    def pid(self, name: str) -> int | None:
        """The id of the process that works on a task."""
        return self._running[name].process.pid if name in self._running else None

    def wait(self, seconds: float) -> list[tuple[str, Outcome]]:
        """The attempts that ended since the last call. Waits at most ``seconds`` for the first one."""
        if not self._running:  # on Windows, waiting for no processes fails
            time.sleep(seconds)
            return []
        ready = wait([attempt.process.sentinel for attempt in self._running.values()], seconds)
        ended = [name for name, attempt in self._running.items() if attempt.process.sentinel in ready]
        return [(name, _outcome(self._running.pop(name))) for name in ended]

    def close(self) -> None:
        """Stop all running attempts."""
        for attempt in self._running.values():
            attempt.process.terminate()
        for attempt in self._running.values():
            attempt.process.join(GRACE_SECONDS)
            attempt.process.kill()
            attempt.process.join()
        self._running.clear()


def _outcome(attempt: _Attempt) -> Outcome:
    attempt.process.join()
    try:
        return attempt.answer.recv()
    except (EOFError, OSError):  # it never answered
        return Outcome(death(attempt.process.exitcode or 0), True, time.monotonic() - attempt.begun)
    finally:
        attempt.answer.close()


def serve(task: Task, work: Work, answer: Answering) -> None:
    """The main function of a worker's process."""
    ignore_ctrl_c()
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        task.out.mkdir(parents=True, exist_ok=True)
        said = task.log.open("a", buffering=1, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        answer.send(Outcome(f"can't write {task.out}: {error.strerror}"))
        return
    # Python's own streams are replaced, since on Windows those of a console can't be redirected into a file
    with said, redirect_stdout(said), redirect_stderr(said):
        for descriptor in (1, 2):  # for libraries that aren't written in Python
            os.dup2(said.fileno(), descriptor)
        answer.send(perform(task, work))


def _end_with_parent() -> None:
    """End this worker when its batch is killed: it would keep its folder locked for the next batch."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(LEFT_ALONE)
