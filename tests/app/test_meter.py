"""Stages, steps and the time left."""

import pytest

from steadyface.app.meter import STAGES, Meter, in_words
from steadyface.optimise import Progress


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def seen(step: int, steps: int = 100) -> Progress:
    return Progress("any", step, steps, {})


def test_the_shares_make_a_whole():
    assert sum(stage.share for stage in STAGES.values()) == pytest.approx(1)


def test_the_time_left_follows_the_pace():
    clock = Clock()
    meter = Meter(clock)
    meter.announce("align")
    assert meter.seconds_left() is None
    before = STAGES["align"].share + STAGES["person"].share
    clock.now = 100 * before
    meter.announce("refine")
    assert meter.done() == pytest.approx(before)
    meter.watch(seen(1))
    clock.now = 100 * (before + STAGES["refine"].share / 2)
    meter.watch(seen(50))
    assert meter.seconds_left() == pytest.approx(100 - clock.now)
    assert "step 50 of 100; about" in meter.line()
    assert meter.line().startswith(f"stage 3 of {len(STAGES)}, ")


def test_what_an_earlier_attempt_did_is_not_taken_for_speed():
    clock = Clock()
    meter = Meter(clock)
    meter.announce("phase2")
    meter.watch(seen(50))
    assert meter.seconds_left() is None
    share = STAGES["phase2"].share
    clock.now = 100 * share / 4
    meter.watch(seen(75))
    assert meter.seconds_left() == pytest.approx(100 * (1 - meter.done()))


def test_an_unknown_stage_is_named():
    meter = Meter()
    meter.announce("dvp")
    assert meter.line() == "dvp"
    assert meter.done() == 0


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(1, "about 5 s"), (43, "about 45 s"), (61, "about 1 min"), (1800, "about 30 min"), (9000, "about 2.5 h")],
)
def test_times_in_words(seconds, words):
    assert in_words(seconds) == words
