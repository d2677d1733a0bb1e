"""Progress bars, one per stage, below one for the whole run with the time left."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

from steadyface.runtime.time_left import Plan, TimeLeft

if TYPE_CHECKING:
    from steadyface.runtime import optimise

WHOLE = "whole run"


class Bars:
    """Callbacks for `pipeline.run_checked` that show progress bars."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._left = TimeLeft()
        self._whole: TaskID | None = None
        self._stage: TaskID | None = None

    def expect(self, plan: Plan) -> None:
        """What the run will do."""
        self._left.expect(plan)
        if self._whole is None:
            self._whole = self._progress.add_task(WHOLE, total=1.0, left=self._left)

    def announce(self, stage: str) -> None:
        """A stage begins, and the previous one is done. Stages without steps show a pulse."""
        self._end_stage()
        self._left.announce(stage)
        self._stage = self._progress.add_task(stage, total=None)
        self._show()

    def watch(self, seen: "optimise.Progress") -> None:
        """A step is done."""
        self._left.watch(seen)
        step, steps = self._left.steps()
        if self._stage is not None:
            self._progress.update(self._stage, total=steps, completed=step)
        self._show()

    def finish(self) -> None:
        """The last stage is done."""
        self._end_stage()
        if self._whole is not None:
            self._progress.update(self._whole, completed=1.0, left=None)

    def _end_stage(self) -> None:
        for task in self._progress.tasks:
            if task.id == self._stage:
                whole = task.total or 1
                self._progress.update(task.id, total=whole, completed=whole)

    def _show(self) -> None:
        if self._whole is not None:
            self._progress.update(self._whole, completed=self._left.done())


class Steps(ProgressColumn):
    """The steps of a stage; of the whole run, the percentage."""

    def render(self, task: Task) -> Text:
        """Of one bar."""
        if task.description == WHOLE:
            return Text(f"{100 * task.completed:.0f} %")
        return Text(f"{task.completed:.0f}/{'?' if task.total is None else f'{task.total:.0f}'}")


class Left(ProgressColumn):
    """The time left of the whole run."""

    def render(self, task: Task) -> Text:
        """Of one bar; empty for stages."""
        left: TimeLeft | None = task.fields.get("left")
        seconds = left.seconds_left() if left else None
        if seconds is None:
            return Text("")
        minutes, rest = divmod(round(seconds), 60)
        return Text(f"{minutes // 60}:{minutes % 60:02}:{rest:02} left", style="progress.remaining")


@contextmanager
def stage_bars() -> Iterator[Bars]:
    """Bars on stderr, so that stdout stays clean for pipes; none if stderr isn't a terminal."""
    columns = (TextColumn("{task.description:<10}"), BarColumn(), Steps(), TimeElapsedColumn(), Left())
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        bars = Bars(progress)
        yield bars
        bars.finish()
