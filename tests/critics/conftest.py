"""Real portraits, aligned as FFHQ is, by their marked pupils and mouth corners."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from torch import Tensor

_PUPILS, _MOUTH_CORNERS = (0, 1), (87, 93)


def _aligned(image: np.ndarray, landmarks: np.ndarray, size: int = 256) -> np.ndarray:
    left, right = landmarks[list(_PUPILS)]
    eyes, mouth = (left + right) / 2, landmarks[list(_MOUTH_CORNERS)].mean(0)
    across, down = right - left, mouth - eyes
    direction = across + np.array([down[1], -down[0]])
    half = max(2.0 * np.hypot(*across), 1.8 * np.hypot(*down)) * direction / np.hypot(*direction)
    below = np.array([-half[1], half[0]])
    centre = eyes + 0.1 * down
    corners = np.array([centre - half - below, centre + half - below, centre - half + below])
    # Four times as large first, since warpAffine doesn't filter what it shrinks.
    target = np.array([[-0.5, -0.5], [4 * size - 0.5, -0.5], [-0.5, 4 * size - 0.5]])
    matrix = cv2.getAffineTransform(corners.astype(np.float32), target.astype(np.float32))
    large = cv2.warpAffine(image, matrix, (4 * size, 4 * size), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
    return cv2.resize(large, (size, size), interpolation=cv2.INTER_AREA)


@pytest.fixture(scope="session")
def portraits(shared: Path) -> Tensor:
    """The thirteen portraits as crops (13, 3, 256, 256) in [-1, 1], in the order of their names."""
    marks = json.loads((shared / "faces" / "landmarks.json").read_text())
    crops = [
        _aligned(cv2.imread(str(shared / "faces" / f"{name}.jpg"))[..., ::-1], np.array(marks[name]))
        for name in sorted(marks)
    ]
    return torch.from_numpy(np.stack(crops)).permute(0, 3, 1, 2) / 127.5 - 1
