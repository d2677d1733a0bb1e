"""Features of an aligned face for linear models: AlexNet's (LPIPS has the network already) and colours."""

import torch
from torch import Tensor
from torch.nn import functional as F

from steadyface.critics.lpips import Lpips

POOLED = ((1, 4), (2, 3), (4, 4))
"""Which of LPIPS's five AlexNet layers are read, and the side of the grid that each is averaged to."""
COLOUR_SIDE = 8


def face_features(lpips: Lpips, images: Tensor) -> Tensor:
    """Describe FFHQ-aligned crops (N, 3, R, R) in [-1, 1] by (N, 10816): deep features on a coarse grid, a thumbnail.

    `lpips` has the trunk "alex". Differentiable.
    """
    images = F.interpolate(images, (256, 256), mode="bilinear", align_corners=False, antialias=True)
    maps = lpips.features(images)
    pooled = [F.adaptive_avg_pool2d(maps[layer], side).flatten(1) for layer, side in POOLED]
    return torch.cat([*pooled, F.adaptive_avg_pool2d(images, COLOUR_SIDE).flatten(1)], dim=1)
