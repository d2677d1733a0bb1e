import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter1d

from steadyface.faces.settings import Alignment
from steadyface.faces.smooth import smooth, smoothed


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


@pytest.mark.parametrize(("total", "sigma"), [(1, 1.0), (2, 1.0), (3, 1.0), (9, 1.0), (30, 1.0), (30, 2.3), (7, 0.0)])
def test_one_at_a_time_it_is_equal_to_the_last_bit(total, sigma):
    series = np.random.default_rng(4).integers(0, 256, (total, 5, 5), dtype=np.uint8)
    np.testing.assert_array_equal(np.stack(list(smoothed(iter(series), total, sigma))), smooth(series, sigma))


def test_one_at_a_time_it_reads_no_further_than_it_must():
    taken = []
    series = (taken.append(index) or np.zeros(2) for index in range(100))
    coming = smoothed(series, 100, 1.0)
    next(coming)
    assert len(taken) == 5
    next(coming)
    assert len(taken) == 6


@pytest.mark.parametrize("total", [9, 11])
def test_a_series_of_another_length_is_refused(total):
    with pytest.raises(ValueError, match="the series has"):
        list(smoothed(np.zeros((10, 2)), total, 1.0))


def test_landmark_smoothing_keeps_a_blink():
    # A quick blink at 25 frames a second: shut for two frames, four to open.
    lids = np.ones(40)
    lids[20:26] = 0, 0, 0.3, 0.55, 0.75, 0.9
    assert smooth(lids, Alignment().landmark_sigma).min() < 0.15
