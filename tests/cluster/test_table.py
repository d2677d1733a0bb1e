"""The table in the terminal, and the lines where nobody watches."""

import io

from rich.console import Console

from steadyface.cluster.table import counts, status, status_table


def shown(ledger):
    console = Console(file=io.StringIO(), width=120)
    console.print(status_table(list(ledger)))
    return [line.split() for line in console.file.getvalue().splitlines()]


def test_one_row_for_each_job(make_ledger):
    ledger = make_ledger("a", "b", "c")
    first, second, third = ledger
    first.state, first.stage, first.attempts = "running", "phase1", 1
    second.state, second.seconds, second.attempts, second.reason = "failed", 12.4, 2, "no [face]"
    assert shown(ledger) == [
        ["job", "state", "stage", "seconds", "attempts"],
        ["a_smile", "running", "phase1", "1"],
        ["b_smile", "failed", "12", "2", "no", "[face]"],
        ["c_smile", "waiting", "0"],
    ]
    assert counts(ledger) == "1 running, 1 waiting, 1 failed"
    assert third.state == "waiting"


def test_lines_tell_only_what_changed(make_ledger):
    ledger, stream = make_ledger("a", "b"), io.StringIO()
    entry = ledger["a_smile"]
    with status(stream) as show:
        show(ledger)
        for entry.state, entry.stage, entry.reason in (
            ("running", "", ""),
            ("running", "align", ""),
            ("running", "align", ""),
            ("waiting", "align", "killed"),
            ("done", "align", ""),
        ):
            show(ledger)
    assert stream.getvalue().splitlines() == [
        "a_smile: running", "a_smile: running: align", "a_smile: waiting: killed", "a_smile: done",
    ]  # fmt: skip


class Terminal(io.StringIO):
    """A stream that says that somebody watches."""

    def isatty(self):
        return True


def test_a_terminal_sees_what_runs_and_what_failed(make_ledger, monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    ledger, stream = make_ledger("a", "b", "c"), Terminal()
    ledger["a_smile"].state, ledger["b_smile"].state = "running", "failed"
    with status(stream) as show:
        show(ledger)
    assert "a_smile" in stream.getvalue()
    assert "b_smile" in stream.getvalue()
    assert "c_smile" not in stream.getvalue()
    assert "1 running, 1 waiting, 1 failed" in stream.getvalue()
