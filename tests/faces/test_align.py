from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steadyface.faces import topology
from steadyface.faces.align import crop, crop_matrix, quad, quad_side, quads, uncrop
from steadyface.faces.resample import apply, invert
from steadyface.faces.settings import Alignment

ROUGH = Alignment(0, 0, 0)


def square(x: float, y: float, side: float, angle: float) -> np.ndarray:
    right = side / 2 * np.array([np.cos(angle), np.sin(angle)])
    down = np.array([-right[1], right[0]])
    return np.array([x, y]) + np.array([-right - down, -right + down, right + down, right - down])


def wave(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.stack([np.sin(x / 11) * np.cos(y / 13), np.cos(x / 15 - y / 14), np.sin(y / 12)], -1)


def picture(width: int, height: int) -> np.ndarray:
    return wave(*np.meshgrid(np.arange(width), np.arange(height))).astype(np.float32)


def face(right_eye, left_eye, right_mouth, left_mouth) -> np.ndarray:
    landmarks = np.zeros((topology.LANDMARKS, 2))
    landmarks[list(topology.RIGHT_EYE)] = right_eye
    landmarks[list(topology.LEFT_EYE)] = left_eye
    landmarks[list(topology.MOUTH_CORNERS)] = right_mouth, left_mouth
    return landmarks


anywhere = st.builds(square, st.floats(-50, 250), st.floats(-50, 250), st.floats(20, 300), st.floats(-3.1, 3.1))


def test_quad_of_a_level_face():
    # FFHQ: side 2 max(2 * 60, 1.8 * 70) = 252, centre a tenth of the way from the eyes to the mouth.
    got = quad(face([70, 100], [130, 100], [80, 170], [120, 170]))
    np.testing.assert_allclose(got, [[-26, -19], [-26, 233], [226, 233], [226, -19]])


def test_the_wider_of_eyes_and_mouth_counts():
    got = quad(face([60, 100], [140, 100], [80, 160], [120, 160]))
    assert quad_side(got) == pytest.approx(2 * 2.0 * 80)


@given(st.floats(-3.1, 3.1), st.floats(0.1, 10))
def test_quad_follows_a_similarity(angle, scale):
    landmarks = face([70, 100], [131, 104], [82, 171], [120, 168])
    c, s = scale * np.cos(angle), scale * np.sin(angle)
    move = np.array([[c, -s, 31.0], [s, c, -12.0]])
    np.testing.assert_allclose(quad(apply(move, landmarks)), apply(move, quad(landmarks)), atol=1e-8)


def test_quads_without_smoothing_are_the_single_ones():
    rng = np.random.default_rng(0)
    track = np.stack([face(*(rng.normal(size=(4, 2)) + BASE)) for _ in range(5)])
    np.testing.assert_allclose(quads(track, ROUGH), np.stack([quad(f) for f in track]))


def test_smoothed_quads_stay_square_and_calm_down():
    rng = np.random.default_rng(0)
    track = np.stack([face(*(rng.normal(size=(4, 2)) + BASE)) for _ in range(60)])
    smooth = quads(track, Alignment())
    sides = np.linalg.norm(np.roll(smooth, 1, axis=1) - smooth, axis=-1)
    np.testing.assert_allclose(sides, sides[:, :1].repeat(4, 1))
    rough = quads(track, ROUGH)
    assert np.diff(smooth, axis=0).std() < 0.3 * np.diff(rough, axis=0).std()


def test_a_talking_mouth_does_not_move_the_crop_and_a_turning_head_does():
    jaw = 6 * np.sin(np.arange(50))[:, None, None] * np.array([[0, 0], [0, 0], [0, 1], [0, 1]])
    talking = quads(np.stack([face(*(BASE + move)) for move in jaw]), Alignment())
    still = quads(np.stack([face(*BASE)] * 50), Alignment())
    np.testing.assert_allclose(talking, still, atol=2)
    breathing = quads(
        np.stack([face(*(BASE + move)) for move in jaw]), replace(Alignment(), axes_sigma=0, mouth_sigma=0)
    )
    assert np.diff(talking, axis=0).std() < 0.05 * np.diff(breathing, axis=0).std()
    angles = np.linspace(-0.3, 0.3, 50)
    turns = [np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0]]) for a in angles]
    turned = quads(np.stack([apply(turn, face(*BASE)) for turn in turns]), Alignment())
    np.testing.assert_allclose(turned, np.stack([apply(turn, still[0]) for turn in turns]), atol=0.5)


BASE = np.array([[70.0, 100], [130, 100], [80, 170], [120, 170]])


@given(anywhere, st.sampled_from([1, 64, 256, 1024]))
def test_crop_matrix_maps_the_corners(corners, size):
    outer = np.array([[0, 0], [0, size], [size, size], [size, 0]]) - 0.5
    np.testing.assert_allclose(apply(crop_matrix(corners, size), corners), outer, atol=1e-6)


@given(anywhere, st.sampled_from([64, 256]))
def test_crop_matrix_times_its_inverse_is_the_identity(corners, size):
    matrix = np.vstack([crop_matrix(corners, size), [0, 0, 1]])
    back = np.vstack([invert(matrix[:2]), [0, 0, 1]])
    np.testing.assert_allclose(matrix @ back, np.eye(3), atol=1e-8)


@settings(max_examples=25, deadline=None)
@given(st.floats(110, 130), st.floats(110, 130), st.floats(40, 120), st.floats(-3.1, 3.1))
def test_crop_is_the_function_at_the_mapped_places(x, y, side, angle):
    corners = square(x, y, side, angle)
    got = crop(picture(240, 240), corners, 64)
    u, v = np.meshgrid(np.arange(64), np.arange(64))
    places = apply(invert(crop_matrix(corners, 64)), np.stack([u, v], -1))
    # Shrinking also averages over the cell, which flattens the wave by half a per cent at most.
    np.testing.assert_allclose(got, wave(places[..., 0], places[..., 1]), atol=2e-4 if side < 64 else 8e-3)


@settings(max_examples=25, deadline=None)
@given(st.floats(80, 160), st.floats(80, 160), st.floats(60, 130), st.floats(-3.1, 3.1))
def test_uncrop_is_the_function_at_the_mapped_places(x, y, side, angle):
    corners = square(x, y, side, angle)
    got = uncrop(picture(96, 96), corners, (240, 240))
    u, v = np.meshgrid(np.arange(240), np.arange(240))
    places = apply(crop_matrix(corners, 96), np.stack([u, v], -1))
    inside = ((places > 2) & (places < 93)).all(-1)
    expected = wave(places[..., 0], places[..., 1])
    np.testing.assert_allclose(got[inside], expected[inside], atol=4e-4 if side > 96 else 8e-3)


@pytest.mark.parametrize("side", [70.0, 128.0, 200.0])
def test_there_and_back(side):
    corners = square(121.3, 118.7, side, 0.2)
    frame = picture(240, 240)
    back = uncrop(crop(frame, corners, 128), corners, (240, 240))
    u, v = np.meshgrid(np.arange(240), np.arange(240))
    places = apply(crop_matrix(corners, 128), np.stack([u, v], -1))
    inside = ((places > 4) & (places < 123)).all(-1)
    assert np.abs(back - frame)[inside].max() < 0.012
    assert np.abs(back - frame)[inside].std() < 0.003


@settings(max_examples=25, deadline=None)
@given(st.floats(-20, 120), st.floats(-20, 120), st.floats(-3.1, 3.1))
def test_a_face_partly_outside_keeps_the_pixels_inside(x, y, angle):
    corners = square(x, y, 90, angle)
    part = picture(100, 100)
    got = crop(part, corners, 90)
    u, v = np.meshgrid(np.arange(90), np.arange(90))
    places = apply(invert(crop_matrix(corners, 90)), np.stack([u, v], -1))
    inside = ((places > 2) & (places < 97)).all(-1)
    np.testing.assert_allclose(got[inside], wave(places[inside][:, 0], places[inside][:, 1]), atol=8e-3)
    assert np.isfinite(got).all()
    assert np.abs(got).max() <= 1.05


def test_beyond_the_border_is_the_mirror_then_ever_more_blur():
    rng = np.random.default_rng(0)
    frame = rng.uniform(0, 255, (80, 80, 3)).astype(np.float32)
    corners = np.array([[-41.5, -0.5], [-41.5, 79.5], [38.5, 79.5], [38.5, -0.5]])
    got = crop(frame, corners, 80)
    np.testing.assert_allclose(got[:, 41:], frame[:, :39], atol=1e-2)
    np.testing.assert_allclose(got[:, 40], frame[:, 1], atol=32)
    assert np.abs(got[:, 40] - frame[:, 1]).mean() < np.abs(got[:, 40] - frame[:, 0]).mean() / 4
    detail = [np.abs(np.diff(got[:, c], axis=0)).mean() for c in (45, 40, 37, 34)]
    assert detail == sorted(detail, reverse=True)
    assert detail[-1] < 0.5 * detail[0]


def test_a_face_wholly_outside_gives_a_picture_and_puts_nothing_back():
    corners = square(-300, -300, 60, 0.3)
    assert np.isfinite(crop(picture(50, 40), corners, 32)).all()
    assert not uncrop(np.ones((32, 32, 3), np.float32), corners, (40, 50)).any()


def test_bytes_in_bytes_out_rounded_once():
    corners = square(60, 60, 70, 0.4)
    exact = np.clip(picture(120, 120) * 100 + 128, 0, 255)
    frame = np.rint(exact).astype(np.uint8)
    got = crop(frame, corners, 64)
    assert got.dtype == np.uint8
    assert got.shape == (64, 64, 3)
    np.testing.assert_array_equal(got, np.rint(crop(frame.astype(np.float32), corners, 64)).astype(np.uint8))
    back = uncrop(got, corners, (120, 120))
    assert back.dtype == np.uint8
    assert back.shape == (120, 120, 3)


def test_bytes_dont_wrap_around():
    frame = np.zeros((60, 60, 3), np.uint8)
    frame[:, 30:] = 255
    got = crop(frame, square(30, 30, 20, 0.0), 64)
    assert set(np.unique(got[:, :20])) == {0}
    assert set(np.unique(got[:, -20:])) == {255}


@pytest.mark.parametrize(("side", "size"), [(90.0, 64), (33.0, 64), (20.0, 128)])
def test_a_mask_of_ones_comes_back_with_the_quads_area(side, size):
    mask = uncrop(np.ones((size, size), np.float32), square(70.2, 66.9, side, 0.5), (140, 130), outside=0)
    assert mask.shape == (140, 130)
    assert mask.min() == 0
    assert mask.max() <= 1
    assert mask.sum() == pytest.approx(side**2, rel=0.01)
    assert mask[66, 70] == pytest.approx(1)
    assert mask[5, 5] == 0


def test_without_a_fill_the_edge_goes_on():
    frame = uncrop(np.full((64, 64, 3), 200, np.uint8), square(70, 66, 50, 0.5), (140, 130))
    mask = uncrop(np.ones((64, 64), np.float32), square(70, 66, 50, 0.5), (140, 130), outside=0)
    assert (frame[mask > 0] == 200).all()
