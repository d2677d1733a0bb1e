"""One run at a time; cancelled between steps; errors in one line."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from steadyface.app.job_queue import JobQueue, Status
from steadyface.config.job import Job
from steadyface.errors import FaceError, InputError
from steadyface.runtime.optimise import Progress, Watcher
from steadyface.runtime.time_left import Expect


class Worker:
    """Work that goes one step each time it is let."""

    def __init__(self) -> None:
        self.steps = threading.Semaphore(0)
        self.began: list[str] = []
        self.at_once = self.most_at_once = 0
        self.error: Exception | None = None

    def __call__(
        self,
        job: Job,
        folder: Path,
        reuse: Path | None,
        announce: Callable[[str], None],
        watch: Watcher,
        expect: Expect,
    ) -> None:
        self.began.append(folder.name)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            announce("refine")
            for step in (1, 2):
                self.steps.acquire()
                if self.error is not None:
                    raise self.error
                watch(Progress("refine codes", step, 2, {}))
        finally:
            self.at_once -= 1
        for name in ("edited.mp4", "compare.mp4", "report.html", "manifest.json"):
            (folder / name).touch()

    def let(self, steps: int) -> None:
        for _ in range(steps):
            self.steps.release()


@pytest.fixture
def worker() -> Worker:
    return Worker()


@pytest.fixture
def queue(store, worker) -> JobQueue:
    return JobQueue(store, worker)


def until_end(queue: JobQueue, name: str) -> Status:
    return list(queue.follow(name, every=0.01))[-1]


def wait_for_line(queue: JobQueue, name: str, text: str) -> Status:
    return next(status for status in queue.follow(name, every=0.01) if text in status.line)


def test_a_run_from_order_to_end(queue, keep, worker):
    name = keep()
    assert queue.status(name).state == "unfinished"
    queue.order(name)
    worker.let(1)
    assert wait_for_line(queue, name, "step 1 of 2").state == "running"
    worker.let(1)
    assert until_end(queue, name) == Status(name, "finished", "finished", 1.0)


def test_one_at_a_time_in_the_order_of_the_orders(queue, keep, worker):
    names = [keep(), keep(), keep()]
    for name in names:
        queue.order(name)
    queue.order(names[0])
    assert queue.status(names[2]).line == "waiting for 2 other runs"
    worker.let(6)
    for name in names:
        assert until_end(queue, name).state == "finished"
    assert worker.began == names
    assert worker.most_at_once == 1


def test_cancelling_stops_after_the_step_and_the_run_can_go_on(queue, keep, worker):
    name = keep()
    queue.order(name)
    wait_for_line(queue, name, "fitting")
    queue.cancel(name)
    assert queue.status(name).state == "stopping"
    worker.let(1)
    assert until_end(queue, name).state == "unfinished"
    queue.order(name)
    worker.let(2)
    assert until_end(queue, name).state == "finished"


def test_cancelling_what_waits_takes_it_out_of_the_line(queue, keep, worker):
    first, second = keep(), keep()
    queue.order(first)
    queue.order(second)
    queue.cancel(second)
    assert queue.status(second).state == "unfinished"
    worker.let(2)
    assert until_end(queue, first).state == "finished"
    assert worker.began == [first]


def test_an_error_is_one_line_and_the_next_run_goes_on(queue, keep, worker):
    name, after = keep(), keep()
    worker.error = FaceError("the face is lost\nin frame 3")
    queue.order(name)
    worker.let(1)
    assert until_end(queue, name) == Status(name, "failed", "the face is lost in frame 3")
    worker.error = None
    queue.order(after)
    worker.let(2)
    assert until_end(queue, after).state == "finished"


def test_a_surprise_is_logged_and_not_shown(queue, keep, worker, caplog):
    name = keep()
    worker.error = ZeroDivisionError("secret")
    queue.order(name)
    worker.let(1)
    line = until_end(queue, name).line
    assert "ZeroDivisionError" in line
    assert "secret" not in line
    assert "secret" in caplog.text


def test_an_unknown_run(queue):
    with pytest.raises(InputError):
        queue.order("nothing")


def test_closing_stops_the_run_and_forgets_the_line(queue, keep, worker):
    first, second = keep(), keep()
    queue.order(first)
    queue.order(second)
    wait_for_line(queue, first, "fitting")
    queue.close(patience=0)
    worker.let(1)
    queue.close()
    assert [queue.status(name).state for name in (first, second)] == ["unfinished", "unfinished"]
    assert worker.began == [first]
