"""Where brows, eyes, nose, lips and jaw are: face-api's 68 landmarks, in torch.

Less exact than the face mesh, of whose network there is no gradient.
"""

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from steadyface import zoo
from steadyface.critics.dense import dense_trunk, seen
from steadyface.critics.tfjs import linear
from steadyface.faces.align import FACE_BOX
from steadyface.faces.topology import POINTS_68


class Landmarks(nn.Module):
    """Landmarks of FFHQ-aligned crops (N, 3, R, R) in [-1, 1]: (N, 68, 2), x and y as parts of the crop's side.

    In the order of the 68-point scheme: jaw, brows, nose, eyes, lips. Frozen: images may want a gradient.

    Raises:
        steadyface.errors.WeightsError: if the weights can't be had.
    """

    def __init__(self) -> None:
        super().__init__()
        weights = load_file(zoo.weights("face-landmark-68"))
        self.trunk = dense_trunk(weights)
        self.head = linear(weights["fc/weights"], weights["fc/bias"])
        self.requires_grad_(False).eval()

    def forward(self, images: Tensor) -> Tensor:
        """Find them."""
        in_box: Tensor = self.head(seen(self.trunk, images)).unflatten(1, (POINTS_68, 2))
        first, last = images.new_tensor(FACE_BOX).view(2, 2)
        return torch.lerp(first, last, in_box)
