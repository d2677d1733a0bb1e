"""Signals and exit codes of workers, on POSIX systems and on Windows, which has few signals."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

LEFT_ALONE = 69
"""Exit status of a worker whose batch is gone: ``EX_UNAVAILABLE``, a name that Windows doesn't have."""

_POSIX: Any = signal  # for type checkers on Windows, where half of these names don't exist
_SIGKILL = int(getattr(signal, "SIGKILL", 9))


@contextmanager
def without_ctrl_c() -> Iterator[None]:
    """Processes that are started in the block never get Ctrl-C, not even while they start.

    On Windows they get it until they call `ignore_ctrl_c`. A worker that is just starting then dies of it, but the
    batch would have ended it anyway.
    """
    if not hasattr(_POSIX, "pthread_sigmask"):
        yield
        return
    before = _POSIX.pthread_sigmask(_POSIX.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        _POSIX.pthread_sigmask(_POSIX.SIG_SETMASK, before)


def ignore_ctrl_c() -> None:
    """Leave Ctrl-C to the batch, which shares the terminal; called by a worker's main thread."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def death(code: int) -> str:
    """How a worker ended that sent no answer, by its exit code."""
    if code == -_SIGKILL:
        return "the worker was killed (SIGKILL); if that wasn't you, memory ran out"
    if code < 0:
        return f"the worker was killed ({_name(-code)})"
    # Windows' own reasons are known by their hexadecimal numbers
    return f"the worker ended with status {code if code < 256 else hex(code)}"


def _name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
