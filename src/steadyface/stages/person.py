"""Where the person is in crops of a clip."""

from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from steadyface.clip.folder import FrameFolder
from steadyface.config.job import FrameRange
from steadyface.faces.align import crop
from steadyface.faces.mask import PersonMask
from steadyface.faces.smooth import smoothed
from steadyface.video.reader import read_frames


def person_over(folder: FrameFolder, count: int, done: Callable[[], None] = lambda: None) -> NDArray[np.float32]:
    """Where the person is in any of the first ``count`` crops, widened a little: (S, S) in [0, 1].

    ``done`` is called after each crop.
    """
    find = PersonMask.load().find
    most = np.zeros((1, 1), np.float32)
    for index in range(count):
        most = np.maximum(most, find(folder.image(index)))
        done()
    side = len(most) // 32 * 2 + 1
    wider = cv2.dilate(most, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)))
    return np.asarray(cv2.GaussianBlur(wider, (0, 0), side / 4), np.float32)


def person_around(
    source: Path, frames: FrameRange, quads: NDArray[np.float64], side: int, sigma: float = 1.0
) -> Iterator[NDArray[np.uint8]]:
    """Where the person is in crops with other quads (T, 4, 2): T masks (side, side), 0 to 255, one at a time.

    Smoothed over time by ``sigma`` frames: the network's outlines jitter.
    """
    find = PersonMask.load().find
    crops = (crop(frame.image, quads[index], side) for index, frame in enumerate(read_frames(source, *frames)))
    found = (np.rint(255 * find(picture)).astype(np.uint8) for picture in crops)
    for mean in smoothed(found, len(quads), sigma):
        yield np.asarray(np.clip(np.rint(mean), 0, 255), np.uint8)
