"""The time left: exact where the costs are right up to a factor, and soon right where they aren't."""

import pytest

from steadyface.runtime.optimise import Progress
from steadyface.runtime.time_left import Part, Plan, TimeLeft

PLAN: Plan = {
    "align": (Part("follow", 10, 0.1),),
    "tune": (Part("tune it", 100, 1.5),),
    "calibrate": (Part("calibrate", 1, 4.0),),
    "render": (Part("write one", 10, 1.0), Part("write two", 10, 3.0)),
}
SILENT = ("calibrate",)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def errors_of(plan: Plan, truth: Plan, *, first: int = 0) -> list[tuple[float, float]]:
    """Runs what ``truth`` says; after each step the fraction of the time that is over, and the relative error of the
    time left. The first loop of "tune" resumes after ``first`` steps."""
    clock = Clock()
    left = TimeLeft(clock)
    left.expect(plan)
    whole = sum(part.cost for parts in truth.values() for part in parts) - first * truth["tune"][0].each
    found = []
    for stage, parts in truth.items():
        left.announce(stage)
        for part in parts:
            for step in range(first if stage == "tune" else 0, part.steps):
                clock.now += part.each
                if part.loop not in SILENT:
                    left.watch(Progress(part.loop, step + 1, part.steps, {}))
                said, still = left.seconds_left(), whole - clock.now
                if said is not None and still > 1e-6:
                    found.append((clock.now / whole, said / still - 1))
    return found


def times(plan: Plan, factors: dict[str, float]) -> Plan:
    return {
        stage: tuple(Part(part.loop, part.steps, part.each * factors.get(stage, 1.0)) for part in parts)
        for stage, parts in plan.items()
    }


@pytest.mark.parametrize("factor", [0.2, 1.0, 7.0])
def test_a_slower_machine_changes_nothing(factor):
    found = errors_of(PLAN, times(PLAN, dict.fromkeys(PLAN, factor)))
    assert len(found) > 100
    assert max(abs(error) for _, error in found) < 1e-9


def test_the_stage_that_runs_turns_to_its_own_pace():
    last = {name: PLAN[name] for name in ("align", "calibrate", "tune")}
    found = errors_of(last, times(last, {"tune": 4.0}))
    early, late = ([abs(error) for at, error in found if first < at < first + 0.1] for first in (0.0, 0.2))
    assert max(late) < 0.2 < 0.5 < max(early)
    assert abs(found[-1][1]) < 0.01


def test_costs_that_are_right_up_to_a_quarter_are_good_enough():
    for name in PLAN:
        for factor in (0.8, 1.25):
            found = errors_of(PLAN, times(PLAN, {name: factor}))
            assert max(abs(error) for at, error in found if at > 0.1) < 0.3, name


def test_steps_of_an_earlier_attempt_are_not_taken_for_speed():
    found = errors_of(PLAN, times(PLAN, dict.fromkeys(PLAN, 2.0)), first=60)
    assert max(abs(error) for _, error in found) < 1e-9


def test_more_steps_than_expected_count_once_they_are_known():
    truth = {**PLAN, "tune": (Part("tune it", 200, 1.5),)}
    assert max(abs(error) for at, error in errors_of(PLAN, truth) if at > 0.01) < 1e-9


def test_a_better_plan_keeps_what_was_seen():
    clock = Clock()
    left = TimeLeft(clock)
    left.expect(PLAN)
    left.announce("align")
    clock.now = 2.0
    left.watch(Progress("follow", 20, 20, {}))
    longer = {**PLAN, "align": (Part("follow", 20, 0.1),), "render": (Part("write one", 20, 1.0),)}
    left.expect(longer)
    assert left.done() == pytest.approx(2 / (2 + 150 + 4 + 20))
    left.expect({"other: tune": (Part("tune it", 10, 1.0),)})
    assert left.done() == 0
    assert left.seconds_left() is None


def test_between_two_steps_the_time_counts_down_to_what_comes_later():
    clock = Clock()
    left = TimeLeft(clock)
    left.expect(PLAN)
    left.announce("tune")
    clock.now = 1.5
    left.watch(Progress("tune it", 1, 100, {}))
    clock.now = 75.0
    left.watch(Progress("tune it", 50, 100, {}))
    before = left.seconds_left()
    assert before is not None
    clock.now = 80.0
    assert left.seconds_left() == pytest.approx(before - 5)
    clock.now = 1e6
    left_over = left.seconds_left()
    assert left_over is not None
    assert 40 < left_over < 50


def test_steps_are_counted_over_the_loops_of_a_stage():
    left = TimeLeft(Clock())
    left.expect(PLAN)
    assert left.steps() == (0, 0)
    left.announce("render")
    left.watch(Progress("write two", 5, 10, {}))
    assert left.steps() == (15, 20)
    left.announce("calibrate")
    assert left.steps() == (0, 0)


def test_without_a_plan_only_steps_are_known():
    left = TimeLeft(Clock())
    left.announce("refine")
    left.watch(Progress("refine codes", 2, 5, {}))
    assert left.steps() == (2, 5)
    assert left.done() == 0
    assert left.seconds_left() is None
