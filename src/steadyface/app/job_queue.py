"""A queue of runs, one at a time. Runs continue when the page that started them is closed."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from steadyface.app.messages import one_line
from steadyface.app.progress import RunProgress
from steadyface.app.run_store import RunStore
from steadyface.config.job import Job
from steadyface.runtime.optimise import Progress, Watcher
from steadyface.runtime.time_left import Expect

Work = Callable[[Job, Path, Path | None, Callable[[str], None], Watcher, Expect], None]
"""Runs a job in a folder, with an earlier run's folder to take stages from, and reports stages, steps and the plan."""

State = Literal["waiting", "running", "stopping", "finished", "unfinished", "failed"]


class StoppedError(Exception):
    """The user has stopped this run."""


@dataclass(frozen=True)
class Status:
    """The status of a run."""

    name: str
    state: State
    line: str = ""
    """A line for the user."""
    done: float = 0.0
    """The fraction that is done, 0 to 1."""

    @property
    def active(self) -> bool:
        """Whether the status will change without the user."""
        return self.state in ("waiting", "running", "stopping")


def edit(
    job: Job, folder: Path, reuse: Path | None, announce: Callable[[str], None], watch: Watcher, expect: Expect
) -> None:
    """Check a job and run it. Raises the errors of `pipeline.run_checked`."""
    from steadyface.pipeline import run_checked

    reused = [reuse] if reuse else []
    run_checked(job, folder, reuse=reused, watch=watch, announce=announce, expect=expect)


class JobQueue:
    """Runs the queued runs of a `RunStore` one after the other, in its own thread."""

    def __init__(self, store: RunStore, work: Work = edit) -> None:
        self._store = store
        self._work = work
        self._change = threading.Condition()
        self._line: list[str] = []  # the first is the one that is running
        self._stop: set[str] = set()
        self._progress = RunProgress()
        self._failed: dict[str, str] = {}
        self._worker: threading.Thread | None = None

    def order(self, name: str) -> None:
        """Queue a run, unless it is queued already. Raises `InputError` for an unknown one."""
        self._store.path(name)
        with self._change:
            if name not in self._line:
                self._line.append(name)
                self._failed.pop(name, None)
            if self._worker is None or not self._worker.is_alive():
                self._worker = threading.Thread(target=self._serve, name="steadyface-job-queue", daemon=True)
                self._worker.start()

    def cancel(self, name: str) -> None:
        """Remove a run from the queue, or stop it after its current step. Finished work is kept."""
        with self._change:
            if name in self._line[1:]:
                self._line.remove(name)
            elif name in self._line:
                self._stop.add(name)

    def close(self, patience: float = 60.0) -> None:
        """Empty the queue, stop the current run after its step, and wait at most ``patience`` seconds for that."""
        with self._change:
            del self._line[1:]
            self._stop.update(self._line)
            worker = self._worker
        if worker is not None:
            worker.join(patience)

    def status(self, name: str) -> Status:
        """The status of a run. Raises `InputError` for an unknown one."""
        with self._change:
            if name in self._line:
                ahead = self._line.index(name)
                if ahead:
                    return Status(name, "waiting", f"waiting for {ahead} other run{'s' if ahead > 1 else ''}")
                if name in self._stop:
                    return Status(name, "stopping", "stopping after this step", self._progress.done())
                return Status(name, "running", self._progress.line(), self._progress.done())
            failed = self._failed.get(name)
        if failed is not None:
            return Status(name, "failed", failed)
        if self._store.results(name) is not None:
            return Status(name, "finished", "finished", 1.0)
        return Status(name, "unfinished", "stopped; it can go on from here")

    def follow(self, name: str, every: float = 0.5) -> Iterator[Status]:
        """Yield the status now and after every change, until it is final."""
        last = None
        while True:
            now = self.status(name)
            if now != last:
                yield now
                last = now
            if not now.active:
                return
            time.sleep(every)

    def _serve(self) -> None:
        while True:
            with self._change:
                if not self._line:
                    self._worker = None
                    return
                name = self._line[0]
                self._progress = RunProgress()
            failed = self._do(name)
            with self._change:
                self._line.remove(name)
                self._stop.discard(name)
                if failed:
                    self._failed[name] = failed

    def _do(self, name: str) -> str:
        """Work on a run; returns an error message, or an empty string."""
        progress = self._progress

        def announce(stage: str) -> None:
            progress.announce(stage)
            self._go_on(name)

        def watch(seen: Progress) -> None:
            progress.watch(seen)
            self._go_on(name)

        try:
            job = self._store.job(name)
            self._work(job, self._store.path(name), self._store.sibling(name), announce, watch, progress.expect)
        except StoppedError:
            return ""
        except Exception as error:
            return one_line(error)
        return ""

    def _go_on(self, name: str) -> None:
        if name in self._stop:
            raise StoppedError
