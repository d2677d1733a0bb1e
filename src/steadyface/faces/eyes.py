"""Lids and irises of one face with MediaPipe's iris network.

Ablavatski et al., "Real-time Pupil Tracking from Monocular Video for Digital Puppetry" (2020): the network looks at a
square 2.3 times an eye's width, turned so that its corners are level, mirrored for the person's left eye. For a closed
eye, the face mesh measures three quarters of the opening of an open one, this network a quarter.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from steadyface.faces import topology
from steadyface.faces.resample import Matrix, apply, resample_fast
from steadyface.faces.tflite import OneNetwork

Floats = NDArray[np.float64]

_MARGIN = 2.3
_CONTOUR_VALUES, _IRIS_VALUES = 213, 15
_CORNERS = (0, 8)
_LIDS = ((3, 11), (4, 12), (5, 13))
"""Outer and inner corner, and pairs of lower and upper lid, among the 16 points of `Eyes.contours`."""


@dataclass(frozen=True)
class Eyes:
    """Both eyes of a face: the person's right one first."""

    contours: Floats
    """(2, 16, 2) px: from the outer corner along the lower lid to the inner one (9 points), then the upper lid."""
    irises: Floats
    """(2, 2) px: the irises' centres."""

    def opening(self) -> Floats:
        """(2,): the gap between the lids over the eye's width; about .3 for open eyes, below .1 for closed ones."""
        lower, upper = (self.contours[:, list(side)] for side in zip(*_LIDS, strict=True))
        return np.asarray(np.linalg.norm(upper - lower, axis=-1).mean(-1) / self._widths())

    def gaze(self) -> Floats:
        """(2,): how far each iris is to the picture's right of the middle between the corners, over the width."""
        outer, inner = (self.contours[:, corner] for corner in _CORNERS)
        across = (inner - outer) * np.array([[1.0], [-1.0]])  # to the picture's right for both eyes
        return np.asarray(((self.irises - (outer + inner) / 2) * across).sum(-1) / self._widths() ** 2)

    def _widths(self) -> Floats:
        outer, inner = (self.contours[:, corner] for corner in _CORNERS)
        return np.asarray(np.linalg.norm(inner - outer, axis=-1))


class EyeFinder(OneNetwork):
    """Finds lids and irises in a face whose landmarks are known."""

    CARD = "iris-landmark"

    def find(self, image: NDArray[np.uint8], landmarks: NDArray[np.floating]) -> Eyes:
        """Return the eyes of the face with `landmarks` (468, 2) px of the mesh in `image` (H, W, 3)."""
        found = []
        for corners, mirrored in ((topology.RIGHT_EYE_CORNERS, False), (topology.LEFT_EYE_CORNERS, True)):
            outer, inner = landmarks[list(corners)].astype(np.float64)
            found.append(self._look(image, _square(outer, inner, self._model.width, mirrored)))
        contours, irises = zip(*found, strict=True)
        return Eyes(np.stack(contours), np.stack(irises))

    def _look(self, image: NDArray[np.uint8], matrix: Matrix) -> tuple[Floats, Floats]:
        side = self._model.width
        outputs = self._model(resample_fast(image, matrix, (side, side)) / np.float32(255))
        by_size = {values.size: values.reshape(-1, 3)[:, :2].astype(np.float64) - 0.5 for values in outputs}
        contour = by_size[_CONTOUR_VALUES][: _LIDS[-1][1] + 3]
        return apply(matrix, contour), apply(matrix, by_size[_IRIS_VALUES][:1])[0]


def _square(outer: Floats, inner: Floats, side: int, mirrored: bool) -> Matrix:
    """The map (2, 3) from px of the network's square to px of the image; the eye's outer corner is on the left."""
    across = (inner - outer) * _MARGIN / side
    down = np.array([-across[1], across[0]]) * (-1.0 if mirrored else 1.0)
    axes = np.column_stack([across, down])
    middle = np.full(2, (side - 1) / 2)
    return np.column_stack([axes, (outer + inner) / 2 - axes @ middle])
