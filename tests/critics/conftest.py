"""Two real people, aligned as FFHQ is."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from torch import Tensor

from steadyface.clip.folder import to_tensor
from steadyface.faces import align
from steadyface.faces.detect import FaceDetector
from steadyface.faces.mesh import FaceMesh
from steadyface.video.reader import read_frames

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


@pytest.fixture(scope="session")
def portraits(photograph: np.ndarray, marks: np.ndarray, grid_clip: Path) -> Tensor:
    """The photograph, cut out by its marks, and the speaker's first frame, neutral: (2, 3, 256, 256) in [-1, 1]."""
    frame = next(read_frames(grid_clip)).image
    (face,) = FaceDetector.load().detect(frame)
    speaker = align.crop(frame, align.quad(FaceMesh.load().find(frame, face).landmarks), SIDE)
    return torch.cat([to_tensor(_aligned(photograph, marks)), to_tensor(speaker)])


@pytest.fixture(scope="session")
def marked(marks: np.ndarray) -> np.ndarray:
    """The marks of the first of `portraits`, pupils and corners of the mouth: (4, 2) as parts of the crop's side."""
    points = marks[[*_PUPILS, *_MOUTH_CORNERS]]
    return (np.hstack([points, np.ones((4, 1))]) @ _alignment(marks, SIDE).T + 0.5) / SIDE
