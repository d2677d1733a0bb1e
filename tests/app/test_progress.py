"""Stages, steps and the time left, in words."""

import pytest

from steadyface.app.progress import RunProgress, in_words
from steadyface.runtime.optimise import Progress
from steadyface.runtime.time_left import Part


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_the_line_tells_stage_step_and_time_left():
    clock = Clock()
    progress = RunProgress(clock)
    assert progress.line() == "starting"
    progress.expect(
        {
            "align": (Part("follow the face", 10, 1.0),),
            "crop": (Part("cut out", 10, 0.0),),
            "refine": (Part("refine codes", 100, 2.0),),
            "render": (Part("write edited", 10, 3.0),),
        }
    )
    progress.announce("align")
    assert progress.line() == "stage 1 of 3, following the face"
    for step in range(1, 11):
        clock.now += 1
        progress.watch(Progress("follow the face", step, 10, {}))
    progress.announce("refine")
    for step in range(1, 51):
        clock.now += 2
        progress.watch(Progress("refine codes", step, 100, {}))
    assert progress.line() == "stage 2 of 3, fitting the generator's codes, step 50 of 100; about 2 min left"
    assert progress.done() == pytest.approx(110 / 240)


def test_without_a_plan_the_stage_is_told():
    progress = RunProgress()
    progress.announce("refine")
    assert progress.line() == "fitting the generator's codes"
    progress.announce("crop")
    assert progress.line() == "crop"
    assert progress.done() == 0


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(1, "about 5 s"), (43, "about 45 s"), (61, "about 1 min"), (1800, "about 30 min"), (9000, "about 2.5 h")],
)
def test_times_in_words(seconds, words):
    assert in_words(seconds) == words
