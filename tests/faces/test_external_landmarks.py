from pathlib import Path

import numpy as np
import pytest

from steadyface.errors import InputError
from steadyface.faces import topology
from steadyface.faces.align import quads
from steadyface.faces.external_landmarks import face_at, of_frames, quads_of, read_landmarks
from steadyface.faces.people import Person
from steadyface.faces.settings import Alignment
from steadyface.faces.shots import Shot
from steadyface.faces.track import Track

CENTRE = np.array([100.0, 80.0])


def as_68(landmarks):
    """The points of the mesh that the alignment looks at, in their places of the 68-point scheme."""
    points = np.zeros((*landmarks.shape[:-2], 68, 2))
    points[..., 36:42, :] = landmarks[..., topology.RIGHT_EYE_SIX, :]
    points[..., 42:48, :] = landmarks[..., topology.LEFT_EYE_SIX, :]
    points[..., 48, :], points[..., 54, :] = (landmarks[..., corner, :] for corner in topology.MOUTH_CORNERS)
    return points


@pytest.fixture
def mesh():
    return np.random.default_rng(2).normal(CENTRE, 20, (7, 468, 2))


def track(landmarks, first=0):
    seen = np.ones(len(landmarks), bool)
    return Person((Track(first, landmarks.astype(np.float32), seen, (200, 200), Shot(0, first + len(landmarks))),))


def test_the_same_points_in_either_scheme_give_the_same_crops(mesh):
    np.testing.assert_allclose(quads(as_68(mesh), Alignment()), quads(mesh, Alignment()))


def test_reads_what_other_programs_write(tmp_path: Path, mesh):
    points = as_68(mesh)
    np.save(tmp_path / "flat.npy", points.astype(np.float32))
    np.save(tmp_path / "deep.npy", np.concatenate([points, np.ones((7, 68, 1))], axis=2))
    for name in ("flat", "deep"):
        np.testing.assert_allclose(read_landmarks(tmp_path / f"{name}.npy"), points, rtol=1e-6)


def test_crops_are_taken_as_they_are(tmp_path: Path, mesh):
    corners = quads(mesh, Alignment())
    np.save(tmp_path / "quads_ori.npy", corners)
    points = read_landmarks(tmp_path / "quads_ori.npy")
    np.testing.assert_array_equal(quads_of(points, Alignment()), corners)
    assert face_at([track(mesh + np.array([90.0, 0.0])), track(mesh)], points, tmp_path) == 2


@pytest.mark.parametrize("array", [np.zeros((7, 5, 2)), np.zeros((68, 2)), np.full((2, 68, 2), np.nan)])
def test_other_arrays_are_refused(tmp_path: Path, array):
    np.save(tmp_path / "x.npy", array)
    with pytest.raises(InputError, match="--landmarks"):
        read_landmarks(tmp_path / "x.npy")


def test_nothing_in_a_file_is_run(tmp_path: Path):
    class Evil:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "ran",))

    np.save(tmp_path / "x.npy", np.array([Evil()], dtype=object), allow_pickle=True)
    (tmp_path / "text.npy").write_text("no array", encoding="utf-8")
    for name in ("x.npy", "text.npy", "none.npy"):
        with pytest.raises(InputError, match="--landmarks"):
            read_landmarks(tmp_path / name)
    assert not (tmp_path / "ran").exists()


def test_a_file_is_of_the_frames_taken_or_of_the_whole_video(tmp_path: Path):
    points = np.arange(10.0)[:, None, None] * np.ones((1, 68, 2))
    assert of_frames(points, 4, 10, tmp_path)[0, 0, 0] == 0
    assert of_frames(points, 4, 3, tmp_path)[:, 0, 0].tolist() == [4, 5, 6]
    with pytest.raises(InputError, match="has 10 frames, the clip has 8 from frame 4 on"):
        of_frames(points, 4, 8, tmp_path)


def test_landmarks_choose_their_face(tmp_path: Path, mesh):
    other = mesh + np.array([90.0, 0.0])
    assert face_at([track(other), track(mesh)], as_68(mesh), tmp_path) == 2
    assert face_at([track(other), track(mesh[2:], first=2)], as_68(mesh), tmp_path) == 2
    with pytest.raises(InputError, match="no face is where these are"):
        face_at([track(mesh)], as_68(mesh + 500), tmp_path)
