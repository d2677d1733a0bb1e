"""The batch itself: starts the jobs that can start, records how they end, and retries them if that can help."""

from collections.abc import Callable
from contextlib import suppress

from steadyface.cluster.executor import Executor
from steadyface.cluster.ledger import Entry, Ledger
from steadyface.cluster.worker import Outcome, Task, stage_of

TICK_SECONDS = 0.5

Show = Callable[[Ledger], None]


def run_batch(ledger: Ledger, executor: Executor, *, retries: int = 1, show: Show = lambda _: None) -> None:
    """Run all jobs that are waiting. ``show`` is called with the ledger at least every `TICK_SECONDS`.

    After its first attempt, a job is retried at most ``retries`` times. However this ends, the workers are stopped, and
    the jobs that were running count as waiting.
    """
    tasks: dict[str, Task] = {}
    left = {entry.name: retries + 1 for entry in ledger}
    try:
        while ledger.of("waiting", "running"):
            while executor.free() > 0 and (entry := ledger.next_to_start()):
                tasks[entry.name] = _start(entry, ledger, executor)
                left[entry.name] -= 1
            show(ledger)
            for name, outcome in executor.wait(TICK_SECONDS):
                _settle(ledger[name], tasks[name], outcome, left[name])
                ledger.save()
            for entry in ledger.of("running"):
                _note_stage(entry, tasks[entry.name])
    finally:
        executor.close()
        for entry in ledger.of("running"):
            _note_stage(entry, tasks[entry.name])
            entry.state = "waiting"
        ledger.save()
        show(ledger)


def _start(entry: Entry, ledger: Ledger, executor: Executor) -> Task:
    reuse = None if entry.has_inversion else ledger.inversion_for(entry)
    task = Task(entry.name, entry.planned.job, entry.planned.out, reuse, executor.threads)
    with suppress(OSError):  # there is none, or the folder is unusable, which the worker will report
        task.stage_file.unlink()  # left by the previous attempt
    executor.submit(task)
    entry.state, entry.attempts = "running", entry.attempts + 1
    ledger.save()
    return task


def _settle(entry: Entry, task: Task, outcome: Outcome, left: int) -> None:
    _note_stage(entry, task)
    entry.seconds += outcome.seconds
    entry.reason = outcome.reason
    if not outcome.reason:
        entry.state = "done"
    else:
        entry.state = "waiting" if outcome.again and left > 0 else "failed"


def _note_stage(entry: Entry, task: Task) -> None:
    entry.stage = stage_of(task) or entry.stage
