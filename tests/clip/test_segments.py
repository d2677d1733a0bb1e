"""Segments of a clip."""

import numpy as np
import pytest

from steadyface.clip.segments import Segments, arrays_of, segments_of

TWO = Segments(np.array([3, 4, 5, 6, 9, 10, 11]), (0, 4), ((False, True), (True, False)), (0, 0))


def test_rows_and_their_segments() -> None:
    assert TWO.ranges == (range(4), range(4, 7))
    assert TWO.of_row.tolist() == [0, 0, 0, 0, 1, 1, 1]
    assert TWO.around(5) == range(4, 7)
    assert [TWO.rows.get(number) for number in (3, 6, 7, 9)] == [0, 3, None, 4]
    assert TWO.followed(1) == [0, 1, 2, 4, 5]
    assert TWO.followed(3) == [0]
    assert TWO.followed(4) == []


def test_a_function_of_time_does_not_reach_across() -> None:
    series = np.arange(7.0)[:, None]
    np.testing.assert_array_equal(TWO.each(lambda part: part - part[:1], series)[:, 0], [0, 1, 2, 3, 0, 1, 2])


def test_an_edit_comes_and_goes_with_the_face_and_not_at_a_cut() -> None:
    weights = TWO.weights(3)
    assert weights[0] == 1  # the shot begins there
    assert (np.diff(weights[:4]) <= 0).all()
    assert 0 < weights[3] == weights[4] < 0.2
    assert weights[-1] > 0.5
    np.testing.assert_array_equal(Segments.whole(5).weights(3), np.ones(5))


def test_a_face_that_comes_and_goes_at_once_is_never_there_quite() -> None:
    weights = Segments(np.arange(3), (0,), ((True, True),), (0,)).weights(10)
    assert weights.max() < 1
    np.testing.assert_allclose(weights, weights[::-1])


@pytest.mark.parametrize("segments", [TWO, Segments.whole(4, 7)])
def test_they_are_kept_in_a_file(segments: Segments) -> None:
    found = segments_of(arrays_of(segments))
    np.testing.assert_array_equal(found.numbers, segments.numbers)
    assert (found.starts, found.fades, found.shots) == (segments.starts, segments.fades, segments.shots)


def test_runs_of_earlier_versions_are_of_one_segment() -> None:
    found = segments_of({"quads": np.zeros((4, 4, 2))}, 7)
    assert found.numbers.tolist() == [7, 8, 9, 10]
    assert len(found.ranges) == 1


def test_a_part_is_a_clip_of_its_own() -> None:
    part = TWO.part([2, 5])
    assert part.numbers.tolist() == [5, 10]
    assert part.ranges == (range(2),)
