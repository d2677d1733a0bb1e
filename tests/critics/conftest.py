"""Real portraits, aligned as FFHQ is, by their marked pupils and mouth corners."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from torch import Tensor

_PUPILS, _MOUTH_CORNERS = (0, 1), (87, 93)


SIDE = 256


def _alignment(landmarks: np.ndarray, size: int) -> np.ndarray:
    """The matrix (2, 3) that takes the picture's points to those of a crop."""
    left, right = landmarks[list(_PUPILS)]
    eyes, mouth = (left + right) / 2, landmarks[list(_MOUTH_CORNERS)].mean(0)
    across, down = right - left, mouth - eyes
    direction = across + np.array([down[1], -down[0]])
    half = max(2.0 * np.hypot(*across), 1.8 * np.hypot(*down)) * direction / np.hypot(*direction)
    below = np.array([-half[1], half[0]])
    centre = eyes + 0.1 * down
    corners = np.array([centre - half - below, centre + half - below, centre - half + below])
    target = np.array([[-0.5, -0.5], [size - 0.5, -0.5], [-0.5, size - 0.5]])
    return cv2.getAffineTransform(corners.astype(np.float32), target.astype(np.float32))


def _aligned(image: np.ndarray, landmarks: np.ndarray, size: int = SIDE) -> np.ndarray:
    # Four times as large first, since warpAffine doesn't filter what it shrinks.
    matrix = _alignment(landmarks, 4 * size)
    large = cv2.warpAffine(image, matrix, (4 * size, 4 * size), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
    return cv2.resize(large, (size, size), interpolation=cv2.INTER_AREA)


def _marks(shared: Path) -> dict[str, np.ndarray]:
    """By name, (189, 2) in pixels of the photographs."""
    marks = json.loads((shared / "faces" / "landmarks.json").read_text())
    return {name: np.array(marks[name]) for name in sorted(marks)}


@pytest.fixture(scope="session")
def portraits(shared: Path) -> Tensor:
    """The thirteen portraits as crops (13, 3, 256, 256) in [-1, 1], in the order of their names."""
    crops = [
        _aligned(cv2.imread(str(shared / "faces" / f"{name}.jpg"))[..., ::-1], marks)
        for name, marks in _marks(shared).items()
    ]
    return torch.from_numpy(np.stack(crops)).permute(0, 3, 1, 2) / 127.5 - 1


@pytest.fixture(scope="session")
def marked(shared: Path) -> np.ndarray:
    """The marks of `portraits` by hand, pupils and corners of the mouth: (13, 4, 2) as parts of the crop's side."""
    found = []
    for marks in _marks(shared).values():
        points = marks[[*_PUPILS, *_MOUTH_CORNERS]]
        found.append(np.hstack([points, np.ones((4, 1))]) @ _alignment(marks, SIDE).T)
    return (np.stack(found) + 0.5) / SIDE
