"""Landmarks of brows, eyes, nose, lips and jaw: face-api's 68 points, in torch.

They are less exact than the face mesh, but they have a gradient.
"""

import torch
from torch import Tensor

from steadyface.critics.dense import DenseNetwork
from steadyface.faces.align import FACE_BOX
from steadyface.faces.topology import POINTS_68


class Landmarks(DenseNetwork):
    """Landmarks of FFHQ-aligned crops (N, 3, R, R) in [-1, 1]: (N, 68, 2), x and y as fractions of the crop's side.

    In the order of the 68-point scheme: jaw, brows, nose, eyes, lips. Frozen; gradients reach the images.

    Raises:
        steadyface.errors.WeightsError: if the weights can't be had.
    """

    def __init__(self) -> None:
        super().__init__("face-landmark-68")

    def forward(self, images: Tensor) -> Tensor:
        """Return the landmarks (N, 68, 2)."""
        in_box = self.outputs(images).view(-1, POINTS_68, 2)
        first, last = images.new_tensor(FACE_BOX).view(2, 2)
        return torch.lerp(first, last, in_box)
