"""Where attempts are run: the contract, and processes on this machine."""

import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Protocol

from steadyface.cluster.worker import Outcome, Task, Work, edit, perform

GRACE_SECONDS = 5.0
"""From asking a worker to end until it is killed. Neither loses more than what is newer than the last checkpoint."""


class Executor(Protocol):
    """Runs attempts, several at a time, each in a fresh process."""

    threads: int
    """Of each worker."""

    def free(self) -> int:
        """How many more attempts can be taken now."""
        ...

    def submit(self, task: Task) -> None:
        """Begin an attempt; what the worker prints goes into the task's log."""
        ...

    def wait(self, seconds: float) -> Sequence[tuple[str, Outcome]]:
        """The attempts that ended since the last call, by the name of the task; waits so long for the first of them."""
        ...

    def close(self) -> None:
        """Stop all that is running."""
        ...


@dataclass
class _Attempt:
    process: BaseProcess
    answer: "Connection[None, Outcome]"
    begun: float


class LocalExecutor:
    """Processes on this machine, each with its own number of threads."""

    def __init__(self, workers: int, threads: int, work: Work = edit) -> None:
        self.threads = threads
        self._workers = workers
        self._work = work
        self._running: dict[str, _Attempt] = {}

    def free(self) -> int:
        """How many more attempts can be taken now."""
        return self._workers - len(self._running)

    def submit(self, task: Task) -> None:
        """Start a process. It is spawned, not forked: torch's threads don't survive a fork."""
        context = multiprocessing.get_context("spawn")
        answer, asked = context.Pipe(duplex=False)
        process = context.Process(target=serve, args=(task, self._work, asked), daemon=True)
        # Ctrl-C is for the batch, which then ends its workers; they never see it, not even while they start
        blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        process.start()
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        asked.close()  # the worker's own end is now the only one, so that its death is seen
        self._running[task.name] = _Attempt(process, answer, time.monotonic())

    def pid(self, name: str) -> int | None:
        """The process that works on a task."""
        return self._running[name].process.pid if name in self._running else None

    def wait(self, seconds: float) -> list[tuple[str, Outcome]]:
        """The attempts that ended since the last call; waits so long for the first of them."""
        ready = wait([attempt.process.sentinel for attempt in self._running.values()], seconds)
        ended = [name for name, attempt in self._running.items() if attempt.process.sentinel in ready]
        return [(name, _outcome(self._running.pop(name))) for name in ended]

    def close(self) -> None:
        """Stop all that is running."""
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
        return Outcome(_death(attempt.process.exitcode or 0), True, time.monotonic() - attempt.begun)
    finally:
        attempt.answer.close()


def _death(code: int) -> str:
    if code == -signal.SIGKILL:
        return "the worker was killed (SIGKILL); if that wasn't you, memory ran out"
    how = f"was killed ({signal.Signals(-code).name})" if code < 0 else f"ended with status {code}"
    return f"the worker {how}"


def serve(task: Task, work: Work, answer: "Connection[Outcome, None]") -> None:
    """The main function of a worker's process."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        task.out.mkdir(parents=True, exist_ok=True)
        said = task.log.open("a", buffering=1)
    except OSError as error:
        answer.send(Outcome(f"can't write {task.out}: {error.strerror}"))
        return
    with said:
        for stream in (sys.stdout, sys.stderr):
            os.dup2(said.fileno(), stream.fileno())
        answer.send(perform(task, work))


def _end_with_parent() -> None:
    """A batch that is killed takes its workers along: they would hold their folders against the next one."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(os.EX_UNAVAILABLE)
