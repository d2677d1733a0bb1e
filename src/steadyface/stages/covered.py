"""What is not seen of the face in each frame: where hands, microphones or text are in front, or the picture ends."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import tee

import cv2
import numpy as np
from numpy.typing import NDArray

from steadyface.clip.folder import FrameFolder, OutlineFolder
from steadyface.clip.segments import Segments
from steadyface.faces.occlusion import OcclusionMask
from steadyface.faces.smooth import smoothed
from steadyface.runs.run import Run
from steadyface.stages.on_disk import fill

Floats = NDArray[np.float32]

SURE = (0.4, 0.7)
"""Probabilities up to which nothing covers the face, and from which on something does."""
LEAST = 0.002
"""Share of the crop's pixels. A smaller patch is the network's noise."""
REACH = 0.012
"""How far beyond what the network finds its outline is taken to reach, as a fraction of the side: it is soft."""
SIGMA = 1.0
"""Frames. What is seen only in one of them is not there."""


@dataclass(frozen=True)
class Covers:
    """By frame number, (S, S) in [0, 1]. All are found when the first is asked for, and are in ``state/covered``."""

    run: Run
    key: str
    crops: FrameFolder
    segments: Segments
    quads: NDArray[np.float64]
    """(T, 4, 2): the crops' corners, in px of the frames."""
    frame_size: tuple[int, int]
    """Height and width."""

    def __call__(self, index: int) -> Floats:
        """The mask of a frame."""
        return np.asarray(self._folder[index] / np.float32(255), np.float32)

    @cached_property
    def _folder(self) -> OutlineFolder:
        folder = OutlineFolder(self.run.path("state", "covered"))
        fill(folder, self.run, "covered", self.key, len(self.segments), self._found)
        return folder

    def _found(self) -> Iterator[NDArray[np.uint8]]:
        """A mask is at most twice the mean over time around it: what is seen in one frame alone is not there."""
        find = OcclusionMask.load().find
        for rows in self.segments.ranges:
            own, others = tee(outlined(find(self.crops.image(row))) for row in rows)
            for row, mask, mean in zip(rows, own, smoothed(others, len(rows), SIGMA), strict=False):
                found = np.rint(np.clip(np.minimum(mask, 2 * mean), 0, 255)).astype(np.uint8)
                yield np.maximum(found, beyond(self.quads[row], self.frame_size, len(mask)))


def beyond(corners: NDArray[np.floating], frame_size: tuple[int, int], side: int) -> NDArray[np.uint8]:
    """Where a crop (side, side) with these corners (4, 2) is beyond the picture: 255, and 0 elsewhere.

    What is there is mirrored, and no face.
    """
    steps = (np.arange(side) + 0.5) / side
    down, across = (corners[1] - corners[0])[:, None, None], (corners[3] - corners[0])[:, None, None]
    x, y = corners[0][:, None, None] + steps[None, :, None] * down + steps[None, None, :] * across
    height, width = frame_size
    outside = (x < -0.5) | (y < -0.5) | (x > width - 0.5) | (y > height - 0.5)
    return np.asarray(255 * outside, np.uint8)


def outlined(probability: Floats) -> NDArray[np.uint8]:
    """A mask (S, S), 0 to 255, of the network's probabilities (S, S): without specks, and a little wider."""
    side = len(probability)
    low, high = SURE
    sure = np.asarray(np.clip((probability - low) / (high - low), 0, 1), np.float32)
    count, labels, stats, _ = cv2.connectedComponentsWithStats((sure > 0).astype(np.uint8))
    large = [label for label in range(1, count) if stats[label, cv2.CC_STAT_AREA] >= LEAST * side * side]
    sure = sure * np.isin(labels, large)
    reach = 2 * round(REACH * side) + 1
    wider = cv2.dilate(sure, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach)))
    return np.rint(255 * cv2.GaussianBlur(wider, (0, 0), REACH * side / 2)).astype(np.uint8)
