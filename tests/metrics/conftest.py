"""Small clips whose metrics are known."""

from pathlib import Path

import cv2
import numpy as np
import pytest


@pytest.fixture
def write_crops():
    """Write frames (H, W, 3) as a part of a run folder."""

    def write(folder: Path, frames: list[np.ndarray]) -> None:
        folder.mkdir(parents=True)
        for index, frame in enumerate(frames):
            cv2.imwrite(str(folder / f"{index:05d}.png"), frame[..., ::-1])

    return write
