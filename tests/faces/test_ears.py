"""Ears against a head in three dimensions, turned and projected."""

import numpy as np
import pytest

from steadyface.faces import topology
from steadyface.faces.ears import ears_mask

SIZE = 200
HEAD = 100.0, 40.0
"""Middle and half width of the head's projection, px."""


def head() -> np.ndarray:
    """The front half of a ball as landmarks (468, 3): x to the picture's right, y down, z away from the camera."""
    rng = np.random.default_rng(0)
    points = rng.normal(size=(topology.LANDMARKS, 3))
    points[:, 2] = -np.abs(points[:, 2])
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    points[topology.NOSE_BRIDGE], points[topology.CHIN] = (0, 0, -1), (0, 1, 0)
    for side, front, x in (
        (topology.RIGHT_SIDE, topology.RIGHT_EAR_FRONT, -1.0),
        (topology.LEFT_SIDE, topology.LEFT_EAR_FRONT, 1.0),
    ):
        points[side] = x, 0, 0
        points[list(front)] = (x, -0.3, 0), (x, 0.3, 0)
    return points


def seen(points: np.ndarray, yaw: float) -> np.ndarray:
    """Points (N, 3) of a head that is turned by ``yaw`` degrees to the picture's right, in px: (N, 2)."""
    cos, sin = np.cos(np.radians(yaw)), np.sin(np.radians(yaw))
    x = cos * points[:, 0] - sin * points[:, 2]
    return np.stack([HEAD[0] + HEAD[1] * x, HEAD[0] + HEAD[1] * points[:, 1]], axis=1)


EARS = np.array([[-1.15, 0, 0.3], [1.15, 0, 0.3]])


def at(mask: np.ndarray, points: np.ndarray) -> list[float]:
    return [float(mask[round(y), round(x)]) for x, y in points]


def test_both_ears_of_a_frontal_head_are_found_and_nothing_of_the_face():
    mask = ears_mask(seen(head(), 0), SIZE, 0)
    assert at(mask, seen(EARS, 0)) == [1, 1]
    assert at(mask, seen(head()[[topology.NOSE_BRIDGE, topology.CHIN]], 0)) == [0, 0]
    assert mask[:, 102:].sum() == pytest.approx(mask[:, :99].sum(), rel=0.02)
    # out by .15 of the head's width of 80 px, .6 + .3 x .6 of the height of 40 px
    assert mask[:, 99:].sum() < 12 * (0.6 + 0.18) * 40


@pytest.mark.parametrize(("yaw", "shown"), [(25.0, [1, 0]), (-25.0, [0, 1])])
def test_the_far_ear_of_a_turned_head_is_hidden(yaw, shown):
    mask = ears_mask(seen(head(), yaw), SIZE, 0)
    assert at(mask, seen(EARS, yaw)) == shown
    halves = mask[:, :100].sum(), mask[:, 100:].sum()
    assert min(halves) < 0.1 * max(halves)


def test_a_soft_edge_keeps_the_area():
    hard, soft = (ears_mask(seen(head(), 0), SIZE, feather) for feather in (0.0, 6.0))
    assert soft.sum() == pytest.approx(hard.sum(), rel=0.01)
    assert len(np.unique(soft)) > len(np.unique(hard))
