"""A Gaussian blur."""

import cv2
import numpy as np
import torch
from torch import Tensor


def blurred(stack: Tensor, sigma: float) -> Tensor:
    """Pictures (N, C, H, W), any number of channels, blurred by a Gaussian of ``sigma`` px. No gradient passes."""
    pictures = stack.detach().permute(0, 2, 3, 1).cpu().numpy()
    made = np.stack([cv2.GaussianBlur(picture, (0, 0), sigma).reshape(picture.shape) for picture in pictures])
    return torch.from_numpy(made).permute(0, 3, 1, 2).contiguous().to(stack)
