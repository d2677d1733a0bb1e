"""Sampling of pairs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steadyface.consistency.pairs import Sampling, frames_of, step_pairs, steps_of


def test_the_anchor_is_the_middle_frame():
    # The paper's published code: T / 2 - 1 for even T, T // 2 for odd T.
    assert [Sampling.of_all(count).anchor for count in (1, 2, 3, 4, 5, 74, 75)] == [0, 0, 1, 1, 2, 36, 37]


@given(count=st.integers(2, 30), seed=st.integers(0, 99), epoch=st.integers(0, 3))
def test_an_epoch_pairs_the_anchor_with_each_other_frame_once(count: int, seed: int, epoch: int):
    sampling = Sampling.of_all(count)
    per_epoch = steps_of(1, sampling)
    steps = range(epoch * per_epoch, (epoch + 1) * per_epoch)
    pairs = [pair for step in steps for pair in step_pairs(seed, step, sampling, "anchor")]
    anchor = sampling.anchor
    assert sorted(pairs) == [(anchor, frame) for frame in range(count) if frame != anchor]


@given(count=st.integers(2, 30), seed=st.integers(0, 99))
def test_with_neighbours_every_consecutive_pair_is_met_in_an_epoch(count: int, seed: int):
    sampling = Sampling.of_all(count)
    steps = [step_pairs(seed, step, sampling, "anchor+neighbours") for step in range(steps_of(1, sampling))]
    met = {frozenset(pair) for pairs in steps for pair in pairs}
    assert {frozenset((t, t + 1)) for t in range(count - 1)} <= met
    for pairs in steps:
        assert len(frames_of(pairs)) == len(pairs) + 1
        assert all(0 <= frame < count for frame in frames_of(pairs))
        assert pairs[0] == step_pairs(seed, steps.index(pairs), sampling, "anchor")[0]


def test_of_keyframes_only_these_are_drawn_and_compared_with_the_frames_beside_them() -> None:
    sampling = Sampling.of([3, 10, 39, 20], 10, 40)
    assert steps_of(2, sampling) == 6
    met = [step_pairs(0, step, sampling, "anchor+neighbours") for step in range(3)]
    assert sorted(met) == [[(10, 3), (3, 4)], [(10, 20), (20, 21)], [(10, 39), (39, 38)]]


def test_a_single_frame_has_no_steps():
    assert steps_of(10, Sampling.of_all(1)) == 0


def test_frames_are_listed_once_in_order():
    assert frames_of([(3, 1), (1, 2)]) == [3, 1, 2]


@pytest.mark.parametrize("seed", [0, 1])
def test_the_schedule_depends_on_seed_and_step_only(seed: int):
    first = [step_pairs(seed, step, Sampling.of_all(20), "anchor+neighbours") for step in range(40)]
    assert first == [step_pairs(seed, step, Sampling.of_all(20), "anchor+neighbours") for step in range(40)]
    assert first != [step_pairs(seed + 1, step, Sampling.of_all(20), "anchor+neighbours") for step in range(40)]
