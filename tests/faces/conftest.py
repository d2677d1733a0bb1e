"""The networks, opened once, and a real clip."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from steadyface.faces.detect import FaceDetector
from steadyface.faces.eyes import EyeFinder
from steadyface.faces.mask import PersonMask
from steadyface.faces.mesh import FaceMesh


@pytest.fixture(scope="session")
def detector() -> FaceDetector:
    return FaceDetector.load()


@pytest.fixture(scope="session")
def mesh() -> FaceMesh:
    return FaceMesh.load()


@pytest.fixture(scope="session")
def eyes() -> EyeFinder:
    return EyeFinder.load()


@pytest.fixture(scope="session")
def person() -> PersonMask:
    return PersonMask.load()


@pytest.fixture(scope="session")
def clip(grid_clip: Path) -> list[np.ndarray]:
    """All 75 frames of a speaker."""
    reader = cv2.VideoCapture(str(grid_clip))
    frames = []
    while (read := reader.read())[0]:
        frames.append(read[1][..., ::-1].copy())
    return frames
