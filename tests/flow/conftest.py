"""A real face and known warps of it."""

from collections.abc import Callable
from pathlib import Path

import cv2
import pytest
import torch
from torch import Tensor
from torch.nn import functional as F


@pytest.fixture(scope="session")
def face(shared: Path) -> Tensor:
    """Two portraits, the middle of each: (2, 3, 256, 256) in [-1, 1]."""
    names = ("009_neutral", "103_neutral")
    images = [cv2.imread(str(shared / "faces" / f"{name}.jpg"))[140:396, 128:384, ::-1].copy() for name in names]
    return torch.stack([torch.from_numpy(image) for image in images]).permute(0, 3, 1, 2) / 127.5 - 1


@pytest.fixture(scope="session")
def smooth_flow() -> Callable[[float], Tensor]:
    """Make a random smooth flow (2, 2, 256, 256) whose vectors are `pixels` long on average."""

    def make(pixels: float) -> Tensor:
        knots = torch.randn(2, 2, 5, 5, generator=torch.Generator().manual_seed(3))
        flow = F.interpolate(knots, size=(256, 256), mode="bicubic", align_corners=True)
        return flow * (pixels / flow.norm(dim=1).mean())

    return make
