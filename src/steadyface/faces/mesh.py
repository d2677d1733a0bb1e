"""468 landmarks of one face with MediaPipe's face mesh.

Kartynnik et al., "Real-time Facial Surface Geometry from Monocular Video on Mobile GPUs" (2019): the network
looks at a square 1.5 times the face's box, turned so that the eyes are level.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from steadyface.faces import topology
from steadyface.faces.align import FACE_BOX, PUPILS
from steadyface.faces.detect import LEFT_EYE, RIGHT_EYE, Detection
from steadyface.faces.resample import Matrix, apply, resample_fast
from steadyface.faces.tflite import OneNetwork

Floats = NDArray[np.float32]

_MARGIN = 1.5


@dataclass(frozen=True)
class MeshFace:
    """The landmarks of one face in one picture."""

    landmarks: Floats
    """(468, 2): x, y in px."""
    presence: float
    """The probability that there is a face, 0 to 1."""


class FaceMesh(OneNetwork):
    """Finds the landmarks of a face whose place is roughly known."""

    CARD = "face-mesh"

    def find(self, image: NDArray[np.uint8], detection: Detection) -> MeshFace:
        """Return the landmarks of a detected face in `image` (H, W, 3).

        The network runs twice: the second time on the square given by the first landmarks, which removes the
        detector's error from the framing.
        """
        eyes = detection.keypoints[[RIGHT_EYE, LEFT_EYE]]
        first = self._look(image, _square(detection.box, eyes))
        return self.refine(image, first.landmarks)

    def find_aligned(self, crop: NDArray[np.uint8]) -> MeshFace:
        """Return the landmarks of the face in an FFHQ-aligned crop (R, R, 3): no detector is needed."""
        size = len(crop)
        keypoints = np.zeros((6, 2), np.float32)
        keypoints[[RIGHT_EYE, LEFT_EYE]] = np.array(PUPILS) * size - 0.5
        return self.find(crop, Detection(np.array(FACE_BOX, np.float32) * size - 0.5, 1.0, keypoints))

    def refine(self, image: NDArray[np.uint8], landmarks: Floats) -> MeshFace:
        """Return the landmarks near `landmarks` (468, 2) of the same face in this or a neighbouring frame."""
        eyes = landmarks[[topology.RIGHT_EYE_CORNERS[0], topology.LEFT_EYE_CORNERS[0]]]
        return self._look(image, _square(topology.bounds(landmarks), eyes))

    def _look(self, image: NDArray[np.uint8], corners: Matrix) -> MeshFace:
        side = self._model.width
        # From input px to image px; `corners` works on the unit square.
        matrix = np.hstack([corners[:, :2] / side, corners[:, 2:] + corners[:, :2].sum(1, keepdims=True) / (2 * side)])
        mesh, presence = self._model(resample_fast(image, matrix, (side, side)) / np.float32(255))
        # The network counts from the outer edge of the first pixel, we from its centre.
        points = mesh.reshape(topology.LANDMARKS, 3)[:, :2] - 0.5
        probability = 1 / (1 + np.exp(-float(presence.reshape(-1)[0])))
        return MeshFace(apply(matrix, points).astype(np.float32), float(probability))


def _square(box: NDArray[np.floating], eyes: NDArray[np.floating]) -> Matrix:
    """Return the map (2, 3) from the unit square to one around `box` (4,), level with `eyes` (2, 2)."""
    centre = (box[:2] + box[2:]).astype(np.float64) / 2
    side = _MARGIN * float(max(box[2] - box[0], box[3] - box[1]))
    across = (eyes[1] - eyes[0]).astype(np.float64)
    across *= side / max(float(np.linalg.norm(across)), 1e-6)
    axes = np.array([[across[0], -across[1]], [across[1], across[0]]])
    return np.column_stack([axes, centre - axes.sum(1) / 2])
