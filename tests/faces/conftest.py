"""The networks, opened once, and synthetic faces."""

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
def photos(shared) -> dict[str, np.ndarray]:
    return {f.stem: cv2.imread(str(f))[..., ::-1].copy() for f in sorted((shared / "faces").glob("*.jpg"))}


@pytest.fixture(scope="session")
def clip(shared) -> list[np.ndarray]:
    """All 75 frames of a speaker who blinks at frame 21."""
    reader = cv2.VideoCapture(str(shared / "clips" / "grid_brbk7n.mpg"))
    frames = []
    while (read := reader.read())[0]:
        frames.append(read[1][..., ::-1].copy())
    return frames
