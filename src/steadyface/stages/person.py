"""Where the person is in crops of a clip."""

from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from steadyface.clip.folder import FrameFolder
from steadyface.clip.segments import Segments
from steadyface.config.job import FrameRange
from steadyface.faces.align import crop
from steadyface.faces.mask import PersonMask
from steadyface.faces.smooth import smoothed
from steadyface.stages.footage import frames_of


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
    source: Path, frames: FrameRange, segments: Segments, quads: NDArray[np.float64], side: int, sigma: float = 1.0
) -> Iterator[NDArray[np.uint8]]:
    """Where the person is in crops with other quads (T, 4, 2): T masks (side, side), 0 to 255, one at a time.

    Smoothed over time by ``sigma`` frames: the network's outlines jitter.
    """
    find = PersonMask.load().find
    crops = (crop(frame.image, quads[row], side) for row, frame in frames_of(source, frames, segments))
    found = (np.rint(255 * find(picture)).astype(np.uint8) for picture in crops)
    for rows in segments.ranges:
        for mean in smoothed(islice(found, len(rows)), len(rows), sigma):
            yield np.asarray(np.clip(np.rint(mean), 0, 255), np.uint8)
