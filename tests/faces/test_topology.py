from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from steadyface.clip.folder import to_image
from steadyface.faces import topology as t
from steadyface.gan.base import sample_codes, synthesise
from steadyface.gan.load import load_generator


def lined_up(**places: tuple[float, float]) -> np.ndarray:
    landmarks = np.zeros((t.LANDMARKS, 2))
    for index, place in places.items():
        landmarks[int(index[1:])] = place
    return landmarks


def random_face(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).uniform(0, 100, (t.LANDMARKS, 2))


def test_no_point_belongs_to_two_features():
    features = (t.RIGHT_EYE, t.LEFT_EYE, t.RIGHT_BROW, t.LEFT_BROW, t.OUTER_LIPS, t.INNER_LIPS, t.OVAL)
    every = [i for feature in features for i in feature]
    assert len(every) == len(set(every)) == 128
    assert max(every) < t.LANDMARKS


def test_ffhq_points_are_means_of_six_and_the_corners():
    face = random_face(0)
    points = t.ffhq_points(face)
    np.testing.assert_allclose(points[0], np.mean([face[i] for i in (33, 160, 158, 133, 153, 144)], 0))
    np.testing.assert_allclose(points[1], np.mean([face[i] for i in (362, 385, 387, 263, 373, 380)], 0))
    np.testing.assert_array_equal(points[2:], face[[61, 291]])


def test_mouth_of_a_drawn_face():
    face = np.zeros((t.LANDMARKS, 2))
    face[list(t.RIGHT_EYE)] = 0, 0
    face[list(t.LEFT_EYE)] = 100, 0
    for upper, lower in t.LIP_GAPS:
        face[upper], face[lower] = (50, 80), (50, 110)
    assert t.mouth_opening(face) == 0.3
    assert t.interocular(face) == 100


def test_yaw_of_a_drawn_face():
    frontal = lined_up(_234=(0, 0), _454=(100, 0), _1=(50, 30))
    turned = lined_up(_234=(0, 0), _454=(100, 0), _1=(75, 30))
    assert t.head_yaw(frontal) == 0
    assert t.head_yaw(turned) == 0.5


@given(st.floats(-3.1, 3.1), st.floats(0.1, 10), st.floats(-500, 500))
def test_measures_dont_change_under_a_similarity(angle, scale, shift):
    face = random_face(1)
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    moved = scale * face @ rotation.T + shift
    for measure in (t.mouth_opening, t.head_yaw):
        np.testing.assert_allclose(measure(moved), measure(face), rtol=1e-6)


@pytest.fixture
def both_ways(mesh, detector) -> Callable[[list[np.ndarray]], tuple[np.ndarray, np.ndarray]]:
    """Find the landmarks in pictures, and in their mirror images."""

    def look(picture: np.ndarray) -> np.ndarray:
        return mesh.find(picture, detector.detect(picture)[0]).landmarks

    def found(pictures: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        mirrored = [np.ascontiguousarray(picture[:, ::-1]) for picture in pictures]
        return np.stack([look(picture) for picture in pictures]), np.stack([look(picture) for picture in mirrored])

    return found


def test_a_mirrored_mouth_is_as_open(both_ways, photograph, clip):
    ones, others = both_ways([photograph, *clip[::5]])
    np.testing.assert_allclose(t.mouth_opening(others), t.mouth_opening(ones), atol=0.03)


@torch.no_grad()
def test_mirrored_faces_change_the_sign_of_the_yaw(both_ways):
    generator = load_generator("mobile-ffhq-256")
    images = synthesise(generator, torch.cat(sample_codes(generator, 10, seed=5)))
    ones, others = both_ways([to_image(image) for image in images])
    assert np.corrcoef(t.head_yaw(others), t.head_yaw(ones))[0, 1] < -0.8


def test_tracks_and_frames_alike():
    track = np.stack([random_face(i) for i in range(3)])
    for measure in (t.mouth_opening, t.head_yaw, t.interocular, t.ffhq_points, t.bounds):
        np.testing.assert_allclose(measure(track), np.stack([measure(f) for f in track]))
