"""Lids and irises of drawn contours, and of a real face against what was marked by hand."""

import cv2
import numpy as np
import pytest

from steadyface.faces.eyes import Eyes
from steadyface.faces.resample import apply


def drawn(gap: float, iris: float) -> Eyes:
    """Two level eyes 20 px wide whose irises are ``iris`` px to the right of the middle; outer corners outside."""
    x = np.array([*np.linspace(0, 20, 9), *np.linspace(2.5, 17.5, 7)])
    y = np.array([0, *[gap / 2] * 7, 0, *[-gap / 2] * 7])
    right = np.column_stack([x, y]) + 100
    left = np.column_stack([200 - x, y + 100])
    return Eyes(np.stack([right, left]), np.array([[110 + iris, 100], [190 + iris, 100]]))


def test_opening_and_gaze_of_drawn_eyes():
    np.testing.assert_allclose(drawn(6, 0).opening(), 0.3, atol=0.002)
    np.testing.assert_allclose(drawn(0, 0).opening(), 0, atol=0.06)  # the pairs aren't quite above each other
    np.testing.assert_allclose(drawn(6, 3).gaze(), 0.15)
    np.testing.assert_allclose(drawn(6, -4).gaze(), -0.2)


def look(photo, detector, mesh, eyes) -> Eyes:
    return eyes.find(photo, mesh.find(photo, detector.detect(photo)[0]).landmarks)


def test_irises_are_where_pupils_were_marked(detector, mesh, eyes, photograph, marks):
    found, pupils = look(photograph, detector, mesh, eyes).irises, marks[:2]
    errors = np.linalg.norm(found - pupils, axis=1) / np.linalg.norm(pupils[1] - pupils[0])
    assert np.mean(errors) < 0.02
    assert np.max(errors) < 0.05


def test_mirrored_faces_swap_the_eyes_and_look_the_other_way(detector, mesh, eyes, photograph, clip):
    for picture in (photograph, clip[0]):
        one = look(picture, detector, mesh, eyes)
        other = look(np.ascontiguousarray(picture[:, ::-1]), detector, mesh, eyes)
        np.testing.assert_allclose(other.opening(), one.opening()[::-1], atol=0.04)
        np.testing.assert_allclose(other.gaze(), -one.gaze()[::-1], atol=0.04)


@pytest.mark.parametrize("angle", [-30, 15])
def test_eyes_turn_and_shrink_with_the_picture(detector, mesh, eyes, photograph, angle):
    move = cv2.getRotationMatrix2D((256, 256), angle, 0.7)
    turned = cv2.warpAffine(photograph, move, (512, 512), flags=cv2.INTER_AREA)
    expected, got = look(photograph, detector, mesh, eyes), look(turned, detector, mesh, eyes)
    width = np.linalg.norm(expected.contours[0, 8] - expected.contours[0, 0])
    assert np.linalg.norm(got.irises - apply(move, expected.irises), axis=1).max() < 0.08 * width
    assert np.linalg.norm(got.contours - apply(move, expected.contours), axis=-1).mean() < 0.08 * width


def shut(picture: np.ndarray, contours: np.ndarray, share: float) -> np.ndarray:
    """Draw the skin from the brows over a share of both eyes, down to a little below the lower lids."""
    y, x = np.mgrid[: picture.shape[0], : picture.shape[1]].astype(np.float32)
    source = y
    for contour in contours:
        lower, upper = (points[np.argsort(points[:, 0])] for points in (contour[:9], contour[[8, *range(9, 16), 0]]))
        width = np.ptp(contour[:, 0])
        end, lid = np.interp(x, *lower.T) + 0.1 * width, np.interp(x, *upper.T)
        brow, now = lid - 0.6 * width, lid + share * (end - lid)
        skin = brow + (y - brow) * (lid - brow) / (now - brow)
        eye = end - (end - y) * (end - lid) / np.maximum(end - now, 1e-3)
        moved = (x > contour[:, 0].min()) & (x < contour[:, 0].max()) & (y > brow) & (y < end)
        source = np.where(moved, np.where(y < now, skin, eye), source)
    return cv2.remap(picture, x, source.astype(np.float32), cv2.INTER_LINEAR)


def test_a_blink_is_seen_to_its_depth(photograph, detector, mesh, eyes):
    contours = look(photograph, detector, mesh, eyes).contours
    shares = (0, 0.25, 0.5, 0.75, 1)
    opening = [look(shut(photograph, contours, each), detector, mesh, eyes).opening().mean() for each in shares]
    assert (np.diff(opening) < 0).all()
    assert opening[-1] < 0.4 * opening[0]
