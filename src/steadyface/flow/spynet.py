"""SPyNet, a coarse-to-fine flow network (Ranjan and Black, CVPR 2017), frozen and differentiable."""

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional as F

from steadyface import zoo
from steadyface.flow.warp import warp

_LEVELS = 6
_IMAGENET_MEAN = (0.485, 0.456, 0.406)
_IMAGENET_STD = (0.229, 0.224, 0.225)


class _Level(nn.Module):
    """One pyramid level: 8 channels (a, b warped by the flow so far, that flow) to the flow's correction."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for before, after in ((8, 32), (32, 64), (64, 32), (32, 16), (16, 2)):
            layers += [nn.Conv2d(before, after, 7, padding=3), nn.ReLU()]
        self.basic_module = nn.Sequential(*layers[:-1])

    def forward(self, a: Tensor, b: Tensor, flow: Tensor) -> Tensor:
        correction: Tensor = self.basic_module(torch.cat([a, warp(b, flow), flow], 1))
        return flow + correction


class SpyNet(nn.Module):
    """A `FlowEstimator` for small motion: sub-pixel precision up to a few pixels, unusable for large motion.

    Frozen; gradients reach the images. Any image size.

    Raises:
        steadyface.errors.WeightsError: if the weights can't be had.
    """

    mean: Tensor
    std: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.basic_module = nn.ModuleList(_Level() for _ in range(_LEVELS))
        weights = load_file(zoo.weights("spynet"))
        self.load_state_dict({key: value for key, value in weights.items() if key.startswith("basic_module.")})
        self.register_buffer("mean", torch.tensor(_IMAGENET_MEAN).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(_IMAGENET_STD).view(1, 3, 1, 1), persistent=False)
        self.requires_grad_(False).eval()

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        """Flow (N, 2, H, W) in pixels from a to b, both (N, 3, H, W) in [-1, 1], by all six levels."""
        return self.refine(a, b, a.new_zeros(a.shape[0], 2, *a.shape[2:]), levels=_LEVELS)

    def refine(self, a: Tensor, b: Tensor, flow: Tensor, levels: int = 2) -> Tensor:
        """Correct `flow` (N, 2, H, W) in pixels by the `levels` finest levels of the pyramid only.

        For an initial flow with an error of a pixel or two, from an estimator that also finds large motion.
        """
        size = (a.shape[2], a.shape[3])
        inner = (-(-size[0] // 32) * 32, -(-size[1] // 32) * 32)
        pyramid_a, pyramid_b = self._pyramid(a, inner, levels), self._pyramid(b, inner, levels)
        flow = _resize_flow(flow, (pyramid_a[0].shape[2], pyramid_a[0].shape[3]))
        for k, level in enumerate(self.basic_module[_LEVELS - levels :]):
            if k:
                # The weights were trained on flows upsampled with aligned corners.
                flow = 2 * F.interpolate(flow, scale_factor=2, mode="bilinear", align_corners=True)
            flow = level(pyramid_a[k], pyramid_b[k], flow)
        return _resize_flow(flow, size)

    def _pyramid(self, image: Tensor, size: tuple[int, int], levels: int) -> list[Tensor]:
        """Normalised images, coarsest first, each half the size of the next, the last one of `size`."""
        image = ((image + 1) / 2 - self.mean) / self.std
        images = [F.interpolate(image, size=size, mode="bilinear", align_corners=False)]
        for _ in range(levels - 1):
            images.append(F.avg_pool2d(images[-1], 2))
        return images[::-1]


def _resize_flow(flow: Tensor, size: tuple[int, int]) -> Tensor:
    """Resize flow (N, 2, H, W) to (N, 2, *size), and scale its vectors accordingly."""
    height, width = flow.shape[2:]
    if (height, width) == size:
        return flow
    scale = flow.new_tensor([size[1] / width, size[0] / height]).view(1, 2, 1, 1)
    return scale * F.interpolate(flow, size=size, mode="bilinear", align_corners=False, antialias=size[0] < height)
