"""Progress bars with the time left, one per stage."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import TimeRemainingColumn as TimeLeft

if TYPE_CHECKING:
    from steadyface.runtime import optimise


class Bars:
    """Callbacks for `pipeline.run_checked` that show progress bars."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[str, TaskID] = {}

    def announce(self, stage: str) -> None:
        """A stage begins, and the previous one is done. Stages without steps show a pulse."""
        self.finish()
        self._tasks[stage] = self._progress.add_task(stage, total=None)

    def watch(self, seen: "optimise.Progress") -> None:
        """A step is done."""
        stage = next(reversed(self._tasks), seen.stage)
        self._progress.update(self._tasks[stage], total=seen.steps, completed=seen.step)

    def finish(self) -> None:
        """The last stage is done."""
        for task in self._progress.tasks:
            if task.total is None:
                self._progress.update(task.id, total=1, completed=1)


@contextmanager
def stage_bars() -> Iterator[Bars]:
    """Bars on stderr, so that stdout stays clean for pipes; none if stderr isn't a terminal."""
    columns = (TextColumn("{task.description:<10}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeLeft())
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        bars = Bars(progress)
        yield bars
        bars.finish()
