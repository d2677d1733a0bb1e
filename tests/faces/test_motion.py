import numpy as np
import pytest

from steadyface.faces import topology
from steadyface.faces.motion import head_poses, motion_features, principal_motions


def motion(landmarks: np.ndarray, side: int, most: int) -> np.ndarray:
    return principal_motions(motion_features(landmarks, side), most)


@pytest.fixture
def face() -> np.ndarray:
    return np.random.default_rng(0).uniform(40, 216, (topology.LANDMARKS, 2))


def test_lips_and_lids_that_move_apart_are_found_apart_from_the_head(face: np.ndarray) -> None:
    time = np.arange(40)
    courses = {"head": np.sin(time / 5), "lips": np.sin(time / 2), "lids": np.cos(time / 3)}
    clip = np.repeat(face[None], 40, axis=0)
    clip += 6 * courses["head"][:, None, None]
    clip[:, list(topology.OUTER_LIPS[:10]), 1] += 3 * courses["lips"][:, None]
    clip[:, list(topology.RIGHT_EYE[:8]), 1] += 0.8 * courses["lids"][:, None]
    found = motion(clip, 256, 8)
    assert found.shape == (40, 8)
    np.testing.assert_allclose(found.mean(0), 0, atol=1e-9)
    assert found[:, 0].std() == pytest.approx(1)
    basis, _ = np.linalg.qr(found[:, :4])
    for course in courses.values():
        centred = course - course.mean()
        assert np.linalg.norm(basis.T @ centred) > 0.99 * np.linalg.norm(centred)


def test_jitter_is_not_made_more_of_beside_motion(face: np.ndarray) -> None:
    rng = np.random.default_rng(1)
    clip = face + 8 * np.sin(np.arange(30) / 4)[:, None, None] + 0.05 * rng.standard_normal((30, *face.shape))
    found = motion(clip, 256, 8)
    assert found[:, 0].std() == pytest.approx(1)
    assert found[:, 1:].std(axis=0).max() < 0.3


def test_a_still_face_and_a_single_frame_have_none(face: np.ndarray) -> None:
    np.testing.assert_allclose(motion(np.repeat(face[None], 5, axis=0), 256, 8), 0, atol=1e-9)
    assert motion(face[None], 256, 8).shape == (1, 0)
    assert motion(np.repeat(face[None], 5, axis=0), 256, 0).shape == (5, 0)


def test_a_head_is_turned_by_its_parallax_and_not_by_where_it_is() -> None:
    rng = np.random.default_rng(3)
    points = rng.uniform((-60, -80, 0), (60, 30, 40), (topology.LANDMARKS, 3))
    points[[*topology.OUTER_LIPS, *topology.INNER_LIPS], 1] += 150

    def seen(yaw: float, turn: float = 0.0, size: float = 1.0, shift: float = 0.0) -> np.ndarray:
        across = np.cos(yaw) * points[:, 0] + np.sin(yaw) * points[:, 2]
        flat = np.stack([across, points[:, 1]], axis=1)
        rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        return 128 + size * flat @ rotation.T + shift

    moved = np.stack([seen(0), seen(0, turn=0.2), seen(0, size=1.1), seen(0, shift=9)])
    np.testing.assert_allclose(np.ptp(head_poses(moved, 256), axis=0), 0, atol=1e-9)
    jaw = np.repeat(seen(0)[None], 2, axis=0)
    jaw[1, list(topology.OUTER_LIPS)] += 5
    np.testing.assert_allclose(np.ptp(head_poses(jaw, 256), axis=0), 0, atol=1e-9)
    poses = head_poses(np.stack([seen(yaw) for yaw in (-0.2, 0, 0.2)]), 256)
    there, back = np.linalg.norm(poses[[0, 2]] - poses[1], axis=1)
    depth = points[points[:, 1] < 60, 2]
    assert (there + back) / 2 == pytest.approx(0.2 * depth.std() / 256, rel=0.15)
