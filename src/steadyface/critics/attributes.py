"""What a face wears: eyeglasses, sunglasses, a beard. Linear classifiers on frozen features."""

import json
from pathlib import Path

from safetensors import safe_open
from torch import Tensor, nn

from steadyface.critics.face_features import face_features
from steadyface.critics.lpips import Lpips

ATTRIBUTES_FILE = Path(__file__).resolve().parents[1] / "weights" / "attributes.safetensors"


class Attributes(nn.Module):
    """Log-odds of `labels` for FFHQ-aligned crops (N, 3, R, R) in [-1, 1].

    Fitted and calibrated by ``training/train_attributes.py`` as if each label were as frequent as its absence: positive
    means that it is seen, and a unit means the same odds for every label. "eyeglasses" are clear, "sunglasses" dark.

    Frozen; gradients reach the images. `lpips` has the trunk "alex".
    """

    labels: tuple[str, ...]
    weight: Tensor
    bias: Tensor

    def __init__(self, lpips: Lpips, path: Path = ATTRIBUTES_FILE) -> None:
        super().__init__()
        self.lpips = lpips
        with safe_open(path, "pt") as file:
            self.labels = tuple(json.loads(file.metadata()["labels"]))
            self.register_buffer("weight", file.get_tensor("weight").float())
            self.register_buffer("bias", file.get_tensor("bias").float())

    def of_features(self, features: Tensor) -> Tensor:
        """Log-odds (N, labels) of features (N, D) of `face_features`. Only the first ones, which were fitted, count."""
        return features[:, : len(self.weight)] @ self.weight + self.bias

    def forward(self, images: Tensor) -> Tensor:
        """Log-odds (N, labels)."""
        return self.of_features(face_features(self.lpips, images))
