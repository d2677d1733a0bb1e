import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter1d

from steadyface.faces.settings import Alignment
from steadyface.faces.smooth import smooth


@given(st.integers(1, 40), st.floats(0.2, 6), st.floats(-1e3, 1e3), st.floats(-10, 10))
def test_constant_and_linear_motion_stay_also_at_the_ends(total, sigma, start, speed):
    line = start + speed * np.arange(total)
    np.testing.assert_allclose(smooth(line, sigma), line, atol=1e-7)


@pytest.mark.parametrize("sigma", [0.5, 1.0, 3.0])
def test_inside_it_is_the_gaussian_mean(sigma):
    noise = np.random.default_rng(0).normal(size=(80, 3, 2))
    expected = gaussian_filter1d(noise, sigma, axis=0, radius=int(np.ceil(4 * sigma)))
    np.testing.assert_allclose(smooth(noise, sigma)[15:-15], expected[15:-15], atol=1e-12)


@pytest.mark.parametrize("total", [2, 3, 7, 30])
def test_at_the_ends_it_is_the_weighted_line_fit(total):
    noise = np.random.default_rng(1).normal(size=total)
    sigma = 1.5
    time = np.arange(total)
    expected = []
    for t in time:
        near = np.abs(time - t) <= 6
        roots = np.exp(-0.25 * ((time[near] - t) / sigma) ** 2)
        expected.append(np.polyfit(time[near] - t, noise[near], 1, w=roots)[1])
    np.testing.assert_allclose(smooth(noise, sigma), expected, atol=1e-9)


def test_noise_goes_down_everywhere():
    noise = np.random.default_rng(2).normal(size=(40, 5000))
    spread = smooth(noise, 3.0).std(axis=1)
    assert spread[15:-15].max() < 0.35
    assert spread.max() < 0.8


def test_no_smoothing_and_one_frame_return_the_same():
    series = np.random.default_rng(3).normal(size=(6, 4))
    np.testing.assert_array_equal(smooth(series, 0), series)
    np.testing.assert_array_equal(smooth(series[:1], 3), series[:1])


def test_landmark_smoothing_keeps_a_blink():
    # A quick blink at 25 frames a second: shut for two frames, four to open.
    lids = np.ones(40)
    lids[20:26] = 0, 0, 0.3, 0.55, 0.75, 0.9
    assert smooth(lids, Alignment().landmark_sigma).min() < 0.15
