"""Text on pictures."""

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]

PAPER, INK = 255, 40

_FONT = cv2.FONT_HERSHEY_SIMPLEX
_HEIGHT_AT_SCALE_1 = 21
# OpenCV's small letters are rough; drawn larger and shrunk they have clean edges.
_OVERSAMPLING = 4


def text_line(text: str, height: int, width: int | None = None, *, centred: bool = False) -> Image:
    """Draw one line of ASCII text, dark on white: (height, width, 3), capitals half as high as the line.

    Args:
        text: shrunk if it is wider than `width`.
        height: px.
        width: px; by default what the text needs.
        centred: between left and right; else at the left.
    """
    scale = 0.5 * height * _OVERSAMPLING / _HEIGHT_AT_SCALE_1
    thickness = max(1, round(1.6 * scale))
    margin = height * _OVERSAMPLING // 3
    needed = cv2.getTextSize(text, _FONT, scale, thickness)[0][0] + 2 * margin
    large = np.full((height * _OVERSAMPLING, needed, 3), PAPER, np.uint8)
    baseline = round(0.75 * height * _OVERSAMPLING)
    cv2.putText(large, text, (margin, baseline), _FONT, scale, (INK, INK, INK), thickness, cv2.LINE_AA)
    natural = -(-needed // _OVERSAMPLING)
    drawn = np.asarray(
        cv2.resize(large, (min(natural, width or natural), height), interpolation=cv2.INTER_AREA), np.uint8
    )
    if width is None:
        return drawn
    line = np.full((height, width, 3), PAPER, np.uint8)
    left = (width - drawn.shape[1]) // 2 if centred else 0
    line[:, left : left + drawn.shape[1]] = drawn
    return line
