"""PQ against the standard's own figures, and changes put back."""

import numpy as np
import pytest

from steadyface.video.transfer import (
    HLG,
    PQ,
    WHITE,
    displayed,
    is_high_range,
    light_of,
    light_of_pq,
    pq_of_light,
    put_back,
)


@pytest.mark.parametrize(
    ("light", "code"), [(0.0, 0.0), (100.0, 0.508), (203.0, 0.581), (1000.0, 0.752), (10_000.0, 1.0)]
)
def test_pq_has_the_published_codes(light: float, code: float) -> None:
    """BT.2408, table 1, and BT.2100: 203 cd/m2 is 58 % of the range, 1000 is 75 %."""
    assert float(pq_of_light(np.array(light))) == pytest.approx(code, abs=5e-4)
    assert float(light_of_pq(pq_of_light(np.array(light)))) == pytest.approx(light, rel=1e-6, abs=1e-4)


def test_what_is_shown_rises_and_keeps_what_is_darker_than_the_knee() -> None:
    codes = np.linspace(0, 1, 1001)
    shown = displayed(codes, PQ)
    assert (np.diff(shown) >= 0).all()
    assert (shown[0], shown[-1]) == (pytest.approx(0, abs=1e-6), pytest.approx(1, abs=1e-3))
    dark = pq_of_light(np.array(0.4 * WHITE))
    assert float(displayed(dark, PQ)) == pytest.approx(0.4 ** (1 / 2.4), abs=1e-3)
    assert np.array_equal(displayed(codes, HLG), codes.astype(np.float32))


def test_a_change_of_the_copy_is_put_back() -> None:
    codes = np.linspace(0.05, 0.7, 200)
    change = 0.1 * np.sin(np.arange(200))
    back = displayed(codes + put_back(codes, change, PQ), PQ)
    expected = np.clip(displayed(codes, PQ) + change, 0, 1)
    np.testing.assert_allclose(back, expected, atol=2e-3)
    assert not put_back(codes, np.zeros(200), PQ).any()
    assert np.array_equal(put_back(codes, change, HLG), change.astype(np.float32))


def test_which_transfers_are_of_high_range() -> None:
    assert [is_high_range(tag) for tag in (1, 2, 13, PQ, HLG)] == [False] * 3 + [True] * 2


@pytest.mark.parametrize(
    ("trc", "code", "light"),
    [
        (1, 1.099 * 0.18**0.45 - 0.099, 0.18),  # BT.709, section 1.2
        (2, 0.04, 0.04 / 4.5),
        (13, 0.5, 0.2140),  # IEC 61966-2-1
        (4, 0.5, 0.5**2.2),
        (8, 0.5, 0.5),
        (PQ, 0.5806888810, 1.0),
        (HLG, 0.75, 1.0),
        (HLG, 0.5, (1 / 12) / 0.26496),  # BT.2408: .75 is .265 of the scene's light
        (HLG, 1.0, 1 / 0.26496),
    ],
)
def test_light_is_that_of_the_standards(trc: int, code: float, light: float) -> None:
    assert float(light_of(np.full(1, code), trc)[0]) == pytest.approx(light, rel=2e-4)


@pytest.mark.parametrize("trc", [1, 4, 13, PQ, HLG])
def test_light_rises_without_a_step(trc: int) -> None:
    found = light_of(np.linspace(0, 1, 10_001), trc)
    assert found[0] == pytest.approx(0, abs=1e-9)
    assert (np.diff(found) > -1e-4).all()  # BT.709's two parts meet to four digits
    assert np.diff(found).max() < 0.02 * found[-1]
