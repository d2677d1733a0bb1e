"""Workers' exit codes in words, and Ctrl-C; `test_executor` has it with real workers."""

import signal

import pytest

from steadyface.cluster import signals
from steadyface.cluster.signals import death, without_ctrl_c


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (-9, "the worker was killed (SIGKILL); if that wasn't you, memory ran out"),
        (-15, "the worker was killed (SIGTERM)"),
        (-1000, "the worker was killed (signal 1000)"),
        (1, "the worker ended with status 1"),
        (69, "the worker ended with status 69"),
        (3221225477, "the worker ended with status 0xc0000005"),  # Windows: access violation
    ],
)
def test_exit_codes_in_words(code, said):
    assert death(code) == said


def test_ctrl_c_is_held_back_in_the_block_alone_also_after_an_error():
    def blocked():
        return signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, ())

    with without_ctrl_c():
        assert blocked()
    with pytest.raises(OSError, match="no more"), without_ctrl_c():
        raise OSError("no more processes")
    assert not blocked()


def test_where_signals_cannot_be_blocked_nothing_is_done(monkeypatch):
    monkeypatch.setattr(signals, "_POSIX", object())
    with without_ctrl_c():
        pass
