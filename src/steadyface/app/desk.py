"""One run at a time, the others wait in line; runs go on when the page that ordered them is closed."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from steadyface.app.messages import one_line
from steadyface.app.meter import Meter
from steadyface.app.shelf import Shelf
from steadyface.job import Job, check
from steadyface.optimise import Progress, Watcher

Work = Callable[[Job, Path, Path | None, Callable[[str], None], Watcher], None]
"""Does a job in a folder, with an earlier run's folder to take stages from; tells its stages and its steps."""

State = Literal["waiting", "running", "stopping", "finished", "unfinished", "failed"]


class StoppedError(Exception):
    """The user wants no more of this run for now."""


@dataclass(frozen=True)
class Status:
    """How it stands with a run."""

    name: str
    state: State
    line: str = ""
    """What is to be said about it."""
    done: float = 0.0
    """0 to 1."""

    @property
    def active(self) -> bool:
        """Whether it will change by itself."""
        return self.state in ("waiting", "running", "stopping")


def edit(job: Job, folder: Path, reuse: Path | None, announce: Callable[[str], None], watch: Watcher) -> None:
    """Check a job and run it. Raises what `job.check` and `pipeline.run_job` do."""
    from steadyface.pipeline import run_job
    from steadyface.run import Run

    check(job, folder, reuse)
    run = Run.open(folder, announce, [reuse])
    with run.locked():
        run_job(job, run, watch=watch)


class Desk:
    """Takes orders for runs on the shelf and works on them one after the other, in a thread of its own."""

    def __init__(self, shelf: Shelf, work: Work = edit) -> None:
        self._shelf = shelf
        self._work = work
        self._change = threading.Condition()
        self._line: list[str] = []  # the first is the one that is worked on
        self._stop: set[str] = set()
        self._meter = Meter()
        self._failed: dict[str, str] = {}
        self._worker: threading.Thread | None = None

    def order(self, name: str) -> None:
        """Put a run in line, unless it is there already. Raises `InputError` for an unknown one."""
        self._shelf.path(name)
        with self._change:
            if name not in self._line:
                self._line.append(name)
                self._failed.pop(name, None)
            if self._worker is None or not self._worker.is_alive():
                self._worker = threading.Thread(target=self._serve, name="steadyface-desk", daemon=True)
                self._worker.start()

    def cancel(self, name: str) -> None:
        """Take a run out of the line, or stop it after the step that it is in; what was done is kept."""
        with self._change:
            if name in self._line[1:]:
                self._line.remove(name)
            elif name in self._line:
                self._stop.add(name)

    def close(self, patience: float = 60.0) -> None:
        """Take no more from the line, stop the run after its step, and wait so many seconds for that."""
        with self._change:
            del self._line[1:]
            self._stop.update(self._line)
            worker = self._worker
        if worker is not None:
            worker.join(patience)

    def status(self, name: str) -> Status:
        """How it stands with a run. Raises `InputError` for an unknown one."""
        with self._change:
            if name in self._line:
                ahead = self._line.index(name)
                if ahead:
                    return Status(name, "waiting", f"waiting for {ahead} other run{'s' if ahead > 1 else ''}")
                if name in self._stop:
                    return Status(name, "stopping", "stopping after this step", self._meter.done())
                return Status(name, "running", self._meter.line(), self._meter.done())
            failed = self._failed.get(name)
        if failed is not None:
            return Status(name, "failed", failed)
        if self._shelf.results(name) is not None:
            return Status(name, "finished", "finished", 1.0)
        return Status(name, "unfinished", "stopped; it can go on from here")

    def follow(self, name: str, every: float = 0.5) -> Iterator[Status]:
        """The status now and whenever it has changed, until it doesn't any more."""
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
                self._meter = Meter()
            failed = self._do(name)
            with self._change:
                self._line.remove(name)
                self._stop.discard(name)
                if failed:
                    self._failed[name] = failed

    def _do(self, name: str) -> str:
        """Work on a run; returns what went wrong, or nothing."""
        meter = self._meter

        def announce(stage: str) -> None:
            meter.announce(stage)
            self._go_on(name)

        def watch(seen: Progress) -> None:
            meter.watch(seen)
            self._go_on(name)

        try:
            job = self._shelf.job(name)
            self._work(job, self._shelf.path(name), self._shelf.sibling(name), announce, watch)
        except StoppedError:
            return ""
        except Exception as error:
            return one_line(error)
        return ""

    def _go_on(self, name: str) -> None:
        if name in self._stop:
            raise StoppedError
