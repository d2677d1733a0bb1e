"""A flow to the anchor that its neighbours steady."""

import pytest
import torch
from torch import Tensor

from steadyface.clip.segments import Segments
from steadyface.consistency.flows import Flows, both_ways
from steadyface.temporal.averaging import around
from steadyface.temporal.steady_flow import SteadyFlow, StepByStep

COUNT, SIDE, ANCHOR, SPEED = 9, 24, 4, 0.5
INSIDE = (..., slice(6, -6), slice(6, -6))


def inputs(frames) -> Tensor:
    return torch.zeros(len(frames), 3, SIDE, SIDE)


def moving(across: float) -> Flows:
    there = torch.zeros(1, 2, SIDE, SIDE)
    there[:, 0] = across
    return both_ways(there, -there)


def exact(pairs, _a: Tensor, _b: Tensor) -> Flows:
    ((a, b),) = pairs
    return moving(SPEED * (b - a))


def trembling(pairs, _a: Tensor, _b: Tensor) -> Flows:
    """With an error of .2 px whose sign is that of the frame's number."""
    ((a, b),) = pairs
    return moving(SPEED * (b - a) + 0.2 * (-1) ** a)


def lost(pairs, _a: Tensor, _b: Tensor) -> Flows:
    """There and back doesn't return."""
    there = torch.full((1, 2, SIDE, SIDE), 9.0)
    return both_ways(there, there)


@pytest.mark.parametrize("index", [0, 3, ANCHOR, 8])
def test_exact_flows_stay(index: int) -> None:
    found = SteadyFlow(exact, exact, inputs, around(2, Segments.whole(COUNT)), 3.0)(index, ANCHOR)
    expected = moving(SPEED * (ANCHOR - index))
    torch.testing.assert_close(found.ab[INSIDE], expected.ab[INSIDE], atol=1e-4, rtol=0)
    torch.testing.assert_close(found.ba[INSIDE], expected.ba[INSIDE], atol=1e-4, rtol=0)
    assert float(found.error_ab[INSIDE].max()) < 1e-3


def test_jitter_goes() -> None:
    steady = SteadyFlow(trembling, exact, inputs, around(2, Segments.whole(COUNT)), 3.0)
    errors = [float(steady(index, 0).ab[0, 0, 12, 12]) + SPEED * index for index in range(3, 7)]
    assert max(abs(error) for error in errors) < 0.08


def test_neighbours_that_are_not_seen_have_no_part() -> None:
    found = SteadyFlow(trembling, lost, inputs, around(2, Segments.whole(COUNT)), 3.0)(6, 0)
    assert float(found.ab[0, 0, 12, 12]) == pytest.approx(-3 + 0.2, abs=0.01)


@pytest.mark.parametrize(("a", "b"), [(2, 3), (2, 5), (5, 2)])
def test_a_longer_way_goes_step_by_step(a: int, b: int) -> None:
    asked = []

    def one_step(pairs, left: Tensor, right: Tensor) -> Flows:
        asked.extend(pairs)
        return exact(pairs, left, right)

    found = StepByStep(one_step, inputs)([(a, b)], inputs([a]), inputs([b]))
    assert all(abs(first - second) == 1 for first, second in asked)
    assert len(asked) == abs(b - a)
    expected = moving(SPEED * (b - a))
    torch.testing.assert_close(found.ab[INSIDE], expected.ab[INSIDE], atol=1e-4, rtol=0)
    torch.testing.assert_close(found.ba[INSIDE], expected.ba[INSIDE], atol=1e-4, rtol=0)
