import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steadyface.faces.resample import apply, bicubic, invert, resample, resample_fast


def turn(scale: float, angle: float, x: float, y: float) -> np.ndarray:
    c, s = scale * np.cos(angle), scale * np.sin(angle)
    return np.array([[c, -s, x], [s, c, y]])


def grid(width: int, height: int) -> np.ndarray:
    return np.stack(np.meshgrid(np.arange(width), np.arange(height)), -1).astype(np.float64)


def wave(points: np.ndarray) -> np.ndarray:
    x, y = points[..., 0], points[..., 1]
    return np.stack([np.sin(x / 5 + 0.3) * np.cos(y / 7), np.cos(x / 9 - y / 8), np.sin(y / 6)], -1)


similarity = st.builds(turn, st.floats(0.05, 20), st.floats(-3.1, 3.1), st.floats(-500, 500), st.floats(-500, 500))


@given(similarity)
def test_invert_undoes(matrix):
    points = np.array([[0, 0], [100, 3], [-7, 250.5]])
    np.testing.assert_allclose(apply(invert(matrix), apply(matrix, points)), points, atol=1e-8)


def test_bicubic_is_exact_for_a_parabola():
    x, y = np.meshgrid(np.arange(12.0), np.arange(10.0))
    image = (x**2 - 2 * x * y + 3 * y)[..., None].astype(np.float32)
    rng = np.random.default_rng(0)
    px, py = rng.uniform(1, 10, 200), rng.uniform(1, 8, 200)
    got = bicubic(image, px.astype(np.float32), py.astype(np.float32))[:, 0]
    np.testing.assert_allclose(got, px**2 - 2 * px * py + 3 * py, atol=2e-4)


def test_bicubic_returns_the_pixels_and_replicates_edges():
    image = np.random.default_rng(1).normal(size=(5, 6, 2)).astype(np.float32)
    x, y = np.meshgrid(np.arange(-3, 9, dtype=np.float32), np.arange(-3, 8, dtype=np.float32))
    expected = np.pad(image, ((3, 3), (3, 3), (0, 0)), mode="edge")
    np.testing.assert_array_equal(bicubic(image, x, y), expected)


@given(st.floats(0.2, 0.99), st.floats(-3.1, 3.1))
def test_enlarging_samples_a_known_function_exactly(scale, angle):
    image = wave(grid(90, 80)).astype(np.float32)
    matrix = turn(scale, angle, 0, 0)
    matrix[:, 2] = np.array([44, 39]) - apply(matrix, np.array([15.5, 15.5]))
    expected = wave(apply(matrix, grid(32, 32)))
    # A position wrong by 1/32 px would show as .006.
    np.testing.assert_allclose(resample(image, matrix, (32, 32)), expected, atol=1e-3)


@given(st.floats(1.01, 7.5), st.floats(-3.1, 3.1))
def test_shrinking_keeps_a_plane(scale, angle):
    # The mean of a plane over any cell symmetric about its centre is its value there.
    plane = (grid(260, 250) @ np.array([0.4, -0.7]) + 3).astype(np.float32)
    matrix = turn(scale, angle, 0, 0)
    matrix[:, 2] = np.array([130, 125]) - apply(matrix, np.array([9.5, 7.5]))
    expected = apply(matrix, grid(20, 16)) @ np.array([0.4, -0.7]) + 3
    np.testing.assert_allclose(resample(plane, matrix, (20, 16)), expected, atol=2e-3)


def test_shrinking_by_a_whole_factor_is_the_box_mean():
    image = np.random.default_rng(2).normal(size=(24, 30, 3)).astype(np.float32)
    matrix = np.array([[3.0, 0, 1], [0, 3.0, 1]])
    expected = image.reshape(8, 3, 10, 3, 3).mean(axis=(1, 3))
    np.testing.assert_allclose(resample(image, matrix, (10, 8)), expected, atol=1e-5)


@pytest.mark.parametrize("scale", [1.5, 2.7, 4.3])
def test_shrinking_weakens_what_would_alias_as_an_area_mean_does_and_keeps_the_rest(scale):
    points = grid(400, 60)
    matrix = turn(scale, 0.0, 10, 10)
    size = (int(350 / scale), 8)
    fine = resample(np.cos(np.pi * points[..., 0]).astype(np.float32), matrix, size)
    assert np.abs(fine).max() < abs(np.sinc(scale / 2)) + 0.1
    period = 16 * scale
    coarse = resample(np.cos(2 * np.pi * points[..., 0] / period).astype(np.float32), matrix, size)
    expected = np.cos(2 * np.pi * apply(matrix, grid(*size))[..., 0] / period)
    np.testing.assert_allclose(coarse, expected, atol=0.02)


def test_result_doesnt_depend_on_the_far_picture():
    image = np.random.default_rng(3).normal(size=(200, 220)).astype(np.float32)
    matrix = turn(1.3, 0.4, 90, 80)
    far = image.copy()
    far[:20], far[:, :20] = 1e6, 1e6
    np.testing.assert_array_equal(resample(image, matrix, (24, 24)), resample(far, matrix, (24, 24)))


@pytest.mark.parametrize("scale", [0.6, 1.0, 3.4])
def test_the_fast_way_agrees(scale):
    image = np.clip(wave(grid(200, 190) / 3) * 100 + 128, 0, 255).astype(np.uint8)
    matrix = turn(scale, 0.3, 0, 0)
    matrix[:, 2] = np.array([100, 95]) - apply(matrix, np.array([14.5, 14.5]))
    exact = resample(image.astype(np.float32), matrix, (30, 30))
    np.testing.assert_allclose(resample_fast(image, matrix, (30, 30)), exact, atol=2.0)
