"""Stages, steps and the time left."""

import pytest

from steadyface.app.progress import SHOWN, RunProgress, in_words
from steadyface.runtime.optimise import Progress


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def seen(step: int, steps: int = 100) -> Progress:
    return Progress("any", step, steps, {})


def test_the_shares_make_a_whole():
    assert sum(stage.share for stage in SHOWN.values()) == pytest.approx(1)


def test_the_time_left_follows_the_pace():
    clock = Clock()
    progress = RunProgress(clock)
    progress.announce("align")
    assert progress.seconds_left() is None
    before = SHOWN["align"].share + SHOWN["person"].share
    clock.now = 100 * before
    progress.announce("refine")
    assert progress.done() == pytest.approx(before)
    progress.watch(seen(1))
    clock.now = 100 * (before + SHOWN["refine"].share / 2)
    progress.watch(seen(50))
    assert progress.seconds_left() == pytest.approx(100 - clock.now)
    assert "step 50 of 100; about" in progress.line()
    assert progress.line().startswith(f"stage 3 of {len(SHOWN)}, ")


def test_what_an_earlier_attempt_did_is_not_taken_for_speed():
    clock = Clock()
    progress = RunProgress(clock)
    progress.announce("phase2")
    progress.watch(seen(50))
    assert progress.seconds_left() is None
    share = SHOWN["phase2"].share
    clock.now = 100 * share / 4
    progress.watch(seen(75))
    assert progress.seconds_left() == pytest.approx(100 * (1 - progress.done()))


def test_an_unknown_stage_is_named():
    progress = RunProgress()
    progress.announce("crop")
    assert progress.line() == "crop"
    assert progress.done() == 0


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(1, "about 5 s"), (43, "about 45 s"), (61, "about 1 min"), (1800, "about 30 min"), (9000, "about 2.5 h")],
)
def test_times_in_words(seconds, words):
    assert in_words(seconds) == words
