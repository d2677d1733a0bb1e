"""Which frames are anchors, and whose."""

import numpy as np
import pytest

from steadyface.temporal.anchors import Anchors

TURN = np.linspace(0, 1, 21)[:, None]
"""A head that turns at a constant rate."""


def test_a_head_that_is_still_has_one() -> None:
    found = Anchors.of(0.01 * TURN, 10, range(21), 0.1)
    assert found.frames == [10]
    np.testing.assert_array_equal(found.shares, np.ones((21, 1)))
    np.testing.assert_array_equal(Anchors.single(10, 21).shares, found.shares)


def test_one_that_turns_has_more_until_none_of_the_keyframes_is_far() -> None:
    found = Anchors.of(TURN, 10, range(0, 21, 2), 0.3)
    assert found.frames[0] == 10
    assert set(found.frames) == {10, 0, 20}
    assert np.abs(TURN - TURN[found.frames].T).min(1).max() <= 0.3


def test_shares_are_the_nearest_anchors_and_change_smoothly() -> None:
    found = Anchors.of(TURN, 10, range(21), 0.3)
    np.testing.assert_allclose(found.shares.sum(1), 1)
    assert (found.shares >= 0).all()
    for place, frame in enumerate(found.frames):
        assert found.shares[frame, place] > 0.99
    assert np.abs(np.diff(found.shares, axis=0)).max() < 0.6
    between = found.shares[5]
    assert between[found.frames.index(10)] == pytest.approx(between[found.frames.index(0)], abs=0.01)
