"""Which frames are anchors, and whose."""

from dataclasses import replace

import numpy as np
import pytest

from steadyface.clip.segments import Segments
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


def test_segments_have_anchors_of_their_own(grey_clip) -> None:
    clip = grey_clip([10] * 8, 32)
    generator = np.random.default_rng(0)
    turning = clip.landmarks + np.linspace(0, 4, 8)[:, None, None] * generator.normal(0, 1, (1, 468, 2))
    cut = Segments(np.arange(8), (0, 5), ((False, False),) * 2, (0, 1))
    found = Anchors.of_clip(replace(clip, landmarks=turning, segments=cut), 2, [0, 2, 4, 6], 0.05)
    assert found.frames[0] == 2
    assert 6 in found.frames
    np.testing.assert_allclose(found.shares.sum(1), 1)
    late = [place for place, frame in enumerate(found.frames) if frame >= 5]
    assert not found.shares[:5, late].any()
    assert found.shares[5:, late].any(1).all()
    assert Anchors.of_clip(clip, 2, [0, 2], None).frames == [2]
