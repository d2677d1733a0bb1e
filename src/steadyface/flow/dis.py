"""Dense inverse search flow (Kroeger et al., ECCV 2016) by OpenCV: fast, sub-pixel, not differentiable."""

import cv2
import numpy as np
import torch
from torch import Tensor

_LUMA = (0.299, 0.587, 0.114)


class DisFlow:
    """A `FlowEstimator` that needs no weights. A pair at 256 pixels takes a twentieth of a second on a CPU.

    OpenCV's medium preset, but with a denser search, at full resolution, and a smoother refinement: the end-point error
    on smooth warps of faces is a third. An even denser search, refined twice as long, took 1.7 times as long for no
    smaller error. The result carries no gradient.
    """

    def __init__(self) -> None:
        self.dis = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
        self.dis.setFinestScale(0)
        self.dis.setPatchStride(3)
        self.dis.setGradientDescentIterations(32)
        self.dis.setVariationalRefinementAlpha(40.0)

    def __call__(self, a: Tensor, b: Tensor, /) -> Tensor:
        """Flow (N, 2, H, W) in pixels from a to b, both (N, 3, H, W) in [-1, 1], on a's device in float32."""
        start = np.zeros((*a.shape[2:], 2), np.float32)
        flows = [self.dis.calc(x, y, start.copy()) for x, y in zip(_gray(a), _gray(b), strict=True)]
        return torch.from_numpy(np.stack(flows)).permute(0, 3, 1, 2).contiguous().to(a.device)


def _gray(images: Tensor) -> np.ndarray:
    """(N, 3, H, W) in [-1, 1] to the luma (N, H, W) uint8 that the search reads."""
    luma = torch.tensor(_LUMA, device=images.device).view(1, 3, 1, 1)
    gray = (images.detach().float() * luma).sum(1)
    return ((gray + 1) * 127.5).round().clamp(0, 255).to(torch.uint8).cpu().numpy()
