"""What is in front of a face, by a network of this project: hands, objects, text, other people."""

from pathlib import Path
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional as F

from steadyface.faces.mask import at_side

Floats = NDArray[np.float32]

OCCLUSION_FILE = Path(__file__).resolve().parents[1] / "weights" / "occlusion.safetensors"
SIZE = 128
"""Side of the network's pictures, px."""

_WIDTHS = (16, 32, 64, 96)


class OcclusionNet(nn.Module):
    """A U-Net (Ronneberger et al. 2015) whose finest level has half the picture's side.

    Blocks of 2 x 2 pixels go in and come out as channels (Shi et al. 2016), which leaves a quarter of the computation.
    """

    def __init__(self) -> None:
        super().__init__()
        inputs = (12, *_WIDTHS[:-1])
        self.down = nn.ModuleList(_convolutions(a, b) for a, b in zip(inputs, _WIDTHS, strict=True))
        deeper = zip(_WIDTHS[-1:0:-1], _WIDTHS[-2::-1], strict=True)
        self.up = nn.ModuleList(_convolutions(below + beside, beside) for below, beside in deeper)
        self.head = nn.Conv2d(_WIDTHS[0], 4, 3, padding=1)

    def forward(self, images: Tensor) -> Tensor:
        """Log-odds (N, 1, H, W) that a pixel of FFHQ-aligned crops (N, 3, H, W) in [-1, 1] is covered.

        Trained at `SIZE` px; any H and W that are multiples of 16.
        """
        x = F.pixel_unshuffle(images, 2)
        kept: list[Tensor] = []
        for level, convolutions in enumerate(self.down):
            x = convolutions(F.max_pool2d(x, 2) if level else x)
            kept.append(x)
        for convolutions, beside in zip(self.up, kept[-2::-1], strict=True):
            x = F.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)
            x = convolutions(torch.cat([x, beside], 1))
        return F.pixel_shuffle(self.head(x), 2)


def _convolutions(before: int, after: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for channels in (before, after):
        layers += [nn.Conv2d(channels, after, 3, padding=1, bias=False), nn.BatchNorm2d(after), nn.ReLU()]
    return nn.Sequential(*layers)


class OcclusionMask:
    """Where something covers a face. Trained by ``training/train_occlusion.py`` on drawn occluders.

    Eyeglasses, beards, the person's own hair, hats and shadows belong to the face. Measured on faces and kinds of
    occluders that it wasn't trained on, drawn and degraded as in training: precision .87, recall .79. On clips of heads
    that turn and laugh nothing was said to be covered. Thin letters, and thin things of the face's colour, are missed.
    """

    def __init__(self, path: Path = OCCLUSION_FILE) -> None:
        self._network = OcclusionNet()
        self._network.load_state_dict({name: value.float() for name, value in load_file(path).items()})
        self._network.eval().requires_grad_(False)

    @classmethod
    def load(cls) -> Self:
        """Open the network that ships."""
        return cls()

    def find(self, picture: NDArray[np.uint8]) -> Floats:
        """Return the probability (H, W), 0 to 1, that a pixel of an FFHQ-aligned crop (H, W, 3), RGB, is covered.

        It is meant for the face and its edge; elsewhere it says little. The network works at `SIZE` px, so outlines
        are soft by a hundredth of the picture.
        """
        return at_side(picture, (SIZE, SIZE), self._probability)

    @torch.no_grad()
    def _probability(self, small: Floats) -> Floats:
        images = torch.from_numpy(small).permute(2, 0, 1)[None] / 127.5 - 1.0
        return np.asarray(torch.sigmoid(self._network(images))[0, 0].numpy(), np.float32)
