"""A batch as a table in the terminal, while it runs and at its end; plain lines if the output isn't a terminal."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.table import Table

from steadyface.cluster.ledger import Entry, Ledger, State

COLOURS: dict[State, str] = {"waiting": "dim", "running": "cyan", "done": "green", "failed": "red"}
STATES: tuple[State, ...] = ("running", "waiting", "done", "failed")


def counts(ledger: Ledger) -> str:
    """The number of jobs in each state: ``2 running, 3 waiting, 1 done``."""
    found = {state: len(ledger.of(state)) for state in STATES}
    return ", ".join(f"{count} {state}" for state, count in found.items() if count)


def status_table(entries: list[Entry]) -> Table:
    """One row for each of these jobs."""
    table = Table("job", "state", "stage", "seconds", "attempts", "", box=None, pad_edge=False)
    for column in table.columns[3:5]:
        column.justify = "right"
    for entry in entries:
        state = f"[{COLOURS[entry.state]}]{entry.state}[/]"
        stage = entry.stage if entry.state == "running" else ""
        seconds = f"{entry.seconds:.0f}" if entry.seconds else ""
        table.add_row(escape(entry.name), state, stage, seconds, str(entry.attempts), escape(entry.reason))
    return table


@contextmanager
def status(stream: TextIO) -> Iterator[Callable[[Ledger], None]]:
    """A function that shows a ledger: as a table of running and failed jobs, or as a line for each change of state."""
    console = Console(file=stream)
    if not console.is_terminal:
        yield _Lines(stream)
        return
    with Live(console=console, refresh_per_second=2, transient=True) as live:

        def show(ledger: Ledger) -> None:
            table = status_table(ledger.of("running", "failed"))
            table.caption, table.caption_justify = counts(ledger), "left"
            live.update(table)

        yield show


class _Lines:
    """Prints a line for each job whose state or stage has changed."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._said: dict[str, tuple[str, ...]] = {}

    def __call__(self, ledger: Ledger) -> None:
        for entry in ledger:
            now = (entry.state, entry.stage if entry.state == "running" else "", entry.reason)
            before = self._said.setdefault(entry.name, ("waiting", "", ""))
            if now != before:
                self._said[entry.name] = now
                print(": ".join([entry.name, *filter(None, now)]), file=self._stream, flush=True)
