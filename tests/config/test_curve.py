"""Strength over time."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steadyface.config.curve import Curve, with_peaks
from steadyface.errors import InputError


def test_it_eases_between_keyframes_and_holds_beyond_them() -> None:
    curve = Curve((1.0, 3.0, 4.0), (0.0, 1.0, 0.5))
    found = curve.at(np.array([0.0, 1.0, 1.5, 2.0, 3.0, 3.5, 4.0, 9.0]))
    np.testing.assert_allclose(found, [0, 0, 3 / 16 - 2 / 64, 0.5, 1, 0.75, 0.5, 0.5])
    slope = np.diff(curve.at(np.linspace(0.9, 4.1, 3201))) / 1e-3
    assert np.abs(np.diff(slope)).max() < 0.01  # no corner
    np.testing.assert_array_equal(Curve((2.0,), (1.0,)).at(np.array([0.0, 5.0])), [1, 1])


@given(st.lists(st.floats(0, 1), min_size=2, max_size=5))
def test_it_stays_between_its_keyframes(shares: list[float]) -> None:
    curve = Curve(tuple(map(float, range(len(shares)))), tuple(shares))
    found = curve.at(np.linspace(0, len(shares) - 1, 50))
    assert found.min() >= min(shares) - 1e-12
    assert found.max() <= max(shares) + 1e-12


def test_keyframes_are_read() -> None:
    assert with_peaks(["age:0@0s,0.8@3s,0.4@5"]) == (["age:0.8"], Curve((0.0, 3.0, 5.0), (0.0, 1.0, 0.5)))
    assert with_peaks(["age:-0.5@1s,-1@2s"]) == (["age:-1"], Curve((1.0, 2.0), (0.5, 1.0)))
    assert with_peaks(["age:0.5", "smile"]) == (["age:0.5", "smile"], None)
    assert with_peaks(["age:0@0s,1@3s", "smile:0@0s,0.5@3s"])[0] == ["age:1", "smile:0.5"]


@pytest.mark.parametrize("text", ["0,0\n3,0.8\n", "seconds,strength\n0,0\n\n3,0.8\n", "\ufeff0,0\r\n3,0.8"])
def test_keyframes_of_a_file(tmp_path: Path, text: str) -> None:
    (tmp_path / "c.csv").write_text(text, encoding="utf-8")
    assert with_peaks([f"age:@{tmp_path / 'c.csv'}"]) == (["age:0.8"], Curve((0.0, 3.0), (0.0, 1.0)))


@pytest.mark.parametrize(
    ("texts", "line"),
    [
        (["age:x@3s"], "not a keyframe"),
        (["age:1@3s,0@3s"], "must rise"),
        (["age:-1@0s,1@3s"], "change their sign"),
        (["age:0@0s,0@3s"], "all of its strengths are 0"),
        (["age:0@0s,1@3s", "smile:0@0s,1@4s"], "follow one curve"),
        (["age:0@0s,1@3s", "smile"], "follow one curve"),
        (["age:@nowhere.csv"], "can't be read"),
    ],
)
def test_what_can_not_be_followed_is_said(texts: list[str], line: str) -> None:
    with pytest.raises(InputError, match=line):
        with_peaks(texts)


def test_a_damaged_file(tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_text("0,0\n3;1\n", encoding="utf-8")
    with pytest.raises(InputError, match="every line needs"):
        with_peaks([f"age:@{tmp_path / 'c.csv'}"])
