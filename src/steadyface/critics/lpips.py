"""LPIPS v0.1, the learned perceptual distance (Zhang et al., CVPR 2018), frozen and differentiable."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional as F

from steadyface import zoo

Trunk = Literal["alex", "vgg"]

# ImageNet's mean and deviation per channel, mapped from [0, 1] to [-1, 1] and rounded as LPIPS v0.1 does.
_SHIFT = (-0.030, -0.088, -0.188)
_SCALE = (0.458, 0.448, 0.450)
_EPSILON = 1e-10


@dataclass(frozen=True)
class Seen:
    """Images and their features, to be compared more than once."""

    images: Tensor
    """(N, 3, H, W) in [-1, 1]"""
    features: list[Tensor]
    """Of `Lpips.features`."""

    def __getitem__(self, places: Sequence[int]) -> "Seen":
        """The images at these places, in this order; a place can be repeated."""
        rows = list(places)
        return Seen(self.images[rows], [level[rows] for level in self.features])


def _alexnet() -> list[list[nn.Module]]:
    """AlexNet up to its last ReLU, cut after each ReLU. Layers are numbered as in torchvision, and so in the keys."""
    relu = nn.ReLU
    return [
        [nn.Conv2d(3, 64, 11, stride=4, padding=2), relu()],
        [nn.MaxPool2d(3, stride=2), nn.Conv2d(64, 192, 5, padding=2), relu()],
        [nn.MaxPool2d(3, stride=2), nn.Conv2d(192, 384, 3, padding=1), relu()],
        [nn.Conv2d(384, 256, 3, padding=1), relu()],
        [nn.Conv2d(256, 256, 3, padding=1), relu()],
    ]


def _vgg16() -> list[list[nn.Module]]:
    """VGG16 up to its last ReLU, cut before each pooling. Layers are numbered as in torchvision, and so in the keys."""
    slices: list[list[nn.Module]] = []
    before = 3
    for width, depth in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
        layers: list[nn.Module] = [nn.MaxPool2d(2)] if slices else []
        for _ in range(depth):
            layers += [nn.Conv2d(before, width, 3, padding=1), nn.ReLU()]
            before = width
        slices.append(layers)
    return slices


class Lpips(nn.Module):
    """LPIPS v0.1 between images (N, 3, H, W) in [-1, 1]; 0 for equal images, larger is more different.

    Frozen; gradients reach the images. `trunk` is "alex" (the one to report) or "vgg". For images that are compared
    more than once, `see` computes the features once; gradients reach the images through these, too. Images need at
    least 31 pixels a side (alex) or 16 (vgg).

    Raises:
        steadyface.errors.WeightsError: if the weights can't be had.
    """

    shift: Tensor
    scale: Tensor

    def __init__(self, trunk: Trunk = "alex") -> None:
        super().__init__()
        slices = _alexnet() if trunk == "alex" else _vgg16()
        self.trunk = nn.Sequential(*(layer for layers in slices for layer in layers))
        self.cuts = frozenset(sum(map(len, slices[: k + 1])) - 1 for k in range(len(slices)))
        weights = load_file(zoo.weights(f"lpips-{trunk}"))
        self.trunk.load_state_dict(
            {key.removeprefix("features."): value for key, value in weights.items() if key.startswith("features.")}
        )
        self.heads = nn.ParameterList(weights[f"lin{k}.weight"] for k in range(len(slices)))
        self.register_buffer("shift", torch.tensor(_SHIFT).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("scale", torch.tensor(_SCALE).view(1, 3, 1, 1), persistent=False)
        self.requires_grad_(False).eval()

    def features(self, image: Tensor) -> list[Tensor]:
        """Five maps (N, C, h, w), each of unit length along its channels (section 3.1 of the paper)."""
        maps = []
        x = (image - self.shift) / self.scale
        for index, layer in enumerate(self.trunk):
            x = layer(x)
            if index in self.cuts:
                # The tiny term inside the root keeps the gradient finite where all channels are zero.
                norm = (x.square().sum(1, keepdim=True) + _EPSILON**2).sqrt()
                maps.append(x / (norm + _EPSILON))
        return maps

    def see(self, images: Tensor | Seen) -> Seen:
        """Compute the features of images (N, 3, H, W), unless that is done already."""
        return images if isinstance(images, Seen) else Seen(images, self.features(images))

    def _layers(self, a: list[Tensor], b: list[Tensor]) -> list[Tensor]:
        return [F.conv2d((x - y).square(), head) for x, y, head in zip(a, b, self.heads, strict=True)]

    def spatial(self, a: Tensor | Seen, b: Tensor | Seen) -> Tensor:
        """Per-pixel distance (N, 1, H, W): each layer's map upsampled to the images' size, then summed."""
        a, b = self.see(a), self.see(b)
        size = (a.images.shape[2], a.images.shape[3])
        layers = self._layers(a.features, b.features)
        maps = [F.interpolate(d, size=size, mode="bilinear", align_corners=False) for d in layers]
        return torch.stack(maps).sum(0)

    def forward(self, a: Tensor | Seen, b: Tensor | Seen) -> Tensor:
        """Distance (N,) between images a and b (N, 3, H, W) in [-1, 1]: eq. 1 of the paper."""
        layers = self._layers(self.see(a).features, self.see(b).features)
        return torch.stack([d.mean((1, 2, 3)) for d in layers]).sum(0)
