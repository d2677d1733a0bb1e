"""Identity of a face: dlib's face recogniser as face-api distributes it, in torch."""

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional as F

from steadyface import zoo
from steadyface.critics.face_box import centred, face_box
from steadyface.critics.tfjs import Weights, conv, linear

_SIDE = 150
_STAGES = (
    ("conv32_1", "conv32_2", "conv32_3"),
    ("conv64_down", "conv64_1", "conv64_2", "conv64_3"),
    ("conv128_down", "conv128_1", "conv128_2"),
    ("conv256_down", "conv256_1", "conv256_2", "conv256_down_out"),
)


def _scaled_conv(weights: Weights, name: str, stride: int = 1, padding: int = 0) -> nn.Conv2d:
    """A convolution with its channel-wise affine layer folded in."""
    scale = weights[f"{name}/scale/weights"]
    bias = weights[f"{name}/conv/bias"] * scale + weights[f"{name}/scale/biases"]
    return conv(weights[f"{name}/conv/filters"] * scale, bias, stride, padding)


class _Residual(nn.Module):
    """Two 3x3 convolutions beside a shortcut; the first one of a "down" block halves the size, unpadded."""

    def __init__(self, weights: Weights, name: str) -> None:
        super().__init__()
        self.down = "_down" in name
        stride, padding = (2, 0) if self.down else (1, 1)
        self.conv1 = _scaled_conv(weights, f"{name}/conv1", stride, padding)
        self.conv2 = _scaled_conv(weights, f"{name}/conv2", padding=1)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.conv2(F.relu(self.conv1(x)))
        if self.down:
            # dlib adds unequal tensors by extending the smaller one with zeros, in space and in channels.
            x = F.avg_pool2d(x, 2)
            out = F.pad(out, (0, x.shape[3] - out.shape[3], 0, x.shape[2] - out.shape[2]))
            x = F.pad(x, (0, 0, 0, 0, 0, out.shape[1] - x.shape[1]))
        return F.relu(out + x)


class Identity(nn.Module):
    """Face descriptors of FFHQ-aligned crops (N, 3, R, R) in [-1, 1].

    King's ResNet of dlib ("High quality face recognition with deep metric learning", 2017), with the 8-bit
    weights of face-api.
    Frozen; gradients reach the images.

    Raises:
        steadyface.errors.WeightsError: if the weights can't be had.
    """

    def __init__(self) -> None:
        super().__init__()
        weights = load_file(zoo.weights("face-recognition"))
        blocks = [_Residual(weights, name) for stage in _STAGES for name in stage]
        self.trunk = nn.Sequential(
            _scaled_conv(weights, "conv32_down", stride=2), nn.ReLU(), nn.MaxPool2d(3, stride=2), *blocks
        )
        self.head = linear(weights["fc"])
        self.requires_grad_(False).eval()

    def forward(self, images: Tensor) -> Tensor:
        """Descriptors (N, 128), of length about 1.5. For dlib, two at a distance below 0.6 are one person."""
        descriptor: Tensor = self.head(self.trunk(centred(face_box(images, _SIDE), 256)).mean((2, 3)))
        return descriptor

    def similarity(self, a: Tensor, b: Tensor) -> Tensor:
        """Cosine similarity (N,) of crops a's and b's descriptors: 1 if equal, up to 0.92 for strangers."""
        return torch.cosine_similarity(self(a), self(b))
