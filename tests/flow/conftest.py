"""Real faces and known warps of them."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from steadyface.clip.folder import to_tensor
from steadyface.video.reader import read_frames


@pytest.fixture(scope="session")
def face(photograph: np.ndarray, grid_clip: Path) -> Tensor:
    """The middle of the photograph and of the clip's first frame: (2, 3, 256, 256) in [-1, 1]."""
    frame = next(read_frames(grid_clip)).image
    return torch.cat([to_tensor(photograph[140:396, 128:384]), to_tensor(frame[16:272, 52:308])])


@pytest.fixture(scope="session")
def smooth_flow() -> Callable[[float], Tensor]:
    """Make a random smooth flow (2, 2, 256, 256) whose vectors are `pixels` long on average."""

    def make(pixels: float) -> Tensor:
        knots = torch.randn(2, 2, 5, 5, generator=torch.Generator().manual_seed(3))
        flow = F.interpolate(knots, size=(256, 256), mode="bicubic", align_corners=True)
        return flow * (pixels / flow.norm(dim=1).mean())

    return make
