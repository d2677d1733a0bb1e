import numpy as np
import pytest
from scipy.spatial import ConvexHull

from steadyface.faces import topology
from steadyface.faces.align import crop_matrix, quad
from steadyface.faces.mask import face_mask, parts_mask
from steadyface.faces.resample import apply

SIZE = 200


def disc(radius: float) -> np.ndarray:
    """Landmarks on a circle around the crop's middle, chin below, brows across the middle."""
    angle = np.linspace(0, 2 * np.pi, topology.LANDMARKS, endpoint=False)
    points = 99.5 + radius * np.stack([np.cos(angle), np.sin(angle)], -1)
    points[list(topology.RIGHT_BROW)], points[list(topology.LEFT_BROW)] = (80, 99.5), (119, 99.5)
    points[topology.CHIN] = 99.5, 99.5 + radius
    return points


def distances() -> np.ndarray:
    y, x = np.mgrid[:SIZE, :SIZE]
    return np.hypot(x - 99.5, y - 99.5)


@pytest.mark.parametrize("radius", [20.3, 61.7])
def test_the_filled_outline_has_its_area_and_its_place(radius):
    mask = face_mask(disc(radius), SIZE, forehead=0)
    assert mask.shape == (SIZE, SIZE)
    assert mask.sum() == pytest.approx(np.pi * radius**2, rel=0.01)
    rows, columns = np.mgrid[:SIZE, :SIZE]
    assert (mask * columns).sum() / mask.sum() == pytest.approx(99.5, abs=0.05)
    assert (mask * rows).sum() / mask.sum() == pytest.approx(99.5, abs=0.05)


@pytest.mark.parametrize("dilation", [-12.0, 7.5, 20.0])
def test_dilation_moves_the_outline_by_its_pixels(dilation):
    mask = face_mask(disc(60), SIZE, forehead=0, dilation=dilation)
    assert np.sqrt(mask.sum() / np.pi) == pytest.approx(60 + dilation, abs=0.3)


def test_feathering_is_a_gaussian_step_on_the_outline():
    mask = face_mask(disc(60), SIZE, forehead=0, feather=12)
    distance = distances()
    assert mask[np.abs(distance - 60) < 0.3].mean() == pytest.approx(0.5, abs=0.03)
    assert mask[np.abs(distance - 54) < 0.3].mean() == pytest.approx(0.977, abs=0.015)
    assert mask[np.abs(distance - 66) < 0.3].mean() == pytest.approx(0.023, abs=0.015)


def test_the_forehead_is_raised_by_its_share_and_the_chin_stays():
    plain = face_mask(disc(50), SIZE, forehead=0)
    raised = face_mask(disc(50), SIZE, forehead=0.5)
    top = [int(np.nonzero(m[:, 99] > 0.5)[0].min()) for m in (plain, raised)]
    bottom = [int(np.nonzero(m[:, 99] > 0.5)[0].max()) for m in (plain, raised)]
    assert top[0] - top[1] == pytest.approx(25, abs=1)
    assert bottom[0] == bottom[1]


def test_a_shift_below_one_pixel_moves_the_mask():
    masks = [face_mask(disc(60) + np.array([shift, 0]), SIZE, forehead=0) for shift in (0, 0.25, 0.5)]
    columns = np.arange(SIZE)
    centres = [(m * columns).sum() / m.sum() for m in masks]
    np.testing.assert_allclose(np.diff(centres), 0.25, atol=0.05)


def test_a_face_that_leaves_the_crop_isnt_faded_at_the_border():
    mask = face_mask(disc(60) - np.array([0, 90]), SIZE, forehead=0, feather=20)
    assert mask[0, 99] > 0.98


def test_a_real_face_is_within_its_mask(detector, mesh, photograph):
    landmarks = mesh.find(photograph, detector.detect(photograph)[0]).landmarks
    inside = apply(crop_matrix(quad(landmarks), 256), landmarks)
    mask = face_mask(inside, 256)
    x, y = np.rint(inside).astype(int).T
    assert mask[y, x].mean() > 0.9
    assert mask.sum() > ConvexHull(inside).volume
    assert mask[:25].max() == 0
    assert mask[:, :25].max() == 0


def test_the_person_is_the_person(person, photograph):
    photo = photograph[:, 40:]
    probability = person.find(photo)
    assert probability.shape == photo.shape[:2]
    assert probability.dtype == np.float32
    assert 0 <= probability.min() <= probability.max() <= 1
    assert probability[230:330, 170:260].min() > 0.9
    assert probability[:60, :60].max() < 0.1
    assert probability[:60, -60:].max() < 0.1


def test_eyes_and_their_lids_are_covered_and_nothing_between_them():
    points = disc(60)
    angle = np.linspace(np.pi, 3 * np.pi, 16, endpoint=False)
    for contour, middle in ((topology.RIGHT_EYE, 70), (topology.LEFT_EYE, 130)):
        points[list(contour)] = np.stack([middle + 15 * np.cos(angle), 90 + 6 * np.sin(angle)], -1)
    mask = parts_mask(points, (topology.RIGHT_EYE, topology.LEFT_EYE), SIZE, reach=0.2)
    width = 2 * 15
    rows, columns = np.nonzero(mask > 0.5)
    assert (rows.min(), rows.max()) == (pytest.approx(90 - 12, abs=1), pytest.approx(90 + 12, abs=1))
    assert columns.min() == pytest.approx(70 - 15 - 0.2 * width, abs=1)
    assert mask[:, 95:106].max() == 0
    soft = parts_mask(points, (topology.RIGHT_EYE, topology.LEFT_EYE), SIZE, reach=0.2, feather=8)
    assert soft[90, 70] == pytest.approx(1, abs=1e-3)
    assert 0 < soft[90 - 13, 70] < 0.5
