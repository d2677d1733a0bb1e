"""The encoder: an aligned face -> its W code, for the default generator.

A linear map on frozen AlexNet features (the network that LPIPS already needs), solved by least squares on the
generator's own samples (`training/train_encoder.py`). Refinement starts from it.
"""

from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from steadyface.critics.face_features import face_features
from steadyface.critics.lpips import Lpips

ENCODER_FILE = Path(__file__).resolve().parents[1] / "weights" / "encoder-mobile-ffhq.safetensors"


class Encoder(nn.Module):
    """Aligned faces (N, 3, R, R) in [-1, 1] -> W codes (N, w_dim)."""

    matrix: Tensor
    offset: Tensor
    mean: Tensor
    scale: Tensor

    def __init__(self, lpips: Lpips, path: Path = ENCODER_FILE) -> None:
        super().__init__()
        state = {name: tensor.float() for name, tensor in load_file(path).items()}
        self.lpips = lpips
        for name in ("matrix", "offset", "mean", "scale"):
            self.register_buffer(name, state[name])

    def forward(self, images: Tensor) -> Tensor:
        """Return the codes."""
        features = (face_features(self.lpips, images) - self.mean) * self.scale
        return torch.addmm(self.offset, features, self.matrix)
