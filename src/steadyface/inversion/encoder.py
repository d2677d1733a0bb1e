"""The encoder: an aligned face -> its W code, for the default generator.

A linear map on frozen AlexNet features (the network that LPIPS already needs), solved by least squares on the
generator's own samples (`training/train_encoder.py`). Refinement starts from it.
"""

from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional as F

from steadyface.critics.lpips import Lpips

ENCODER_FILE = Path(__file__).resolve().parents[1] / "weights" / "encoder-mobile-ffhq.safetensors"
POOLED = ((1, 4), (2, 3), (4, 4))
"""Which of LPIPS's five AlexNet layers are read, and the side of the grid that each is averaged to."""
COLOUR_SIDE = 8


def face_features(lpips: Lpips, images: Tensor) -> Tensor:
    """(N, 3, R, R) in [-1, 1] -> (N, features): a coarse grid of deep features, and a thumbnail."""
    images = F.interpolate(images, (256, 256), mode="bilinear", align_corners=False, antialias=True)
    maps = lpips.features(images)
    pooled = [F.adaptive_avg_pool2d(maps[layer], side).flatten(1) for layer, side in POOLED]
    return torch.cat([*pooled, F.adaptive_avg_pool2d(images, COLOUR_SIDE).flatten(1)], dim=1)


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
