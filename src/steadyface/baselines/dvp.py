"""Deep Video Prior (Lei, Xing, Chen, "Blind video temporal consistency via deep video prior", NeurIPS 2020).

A network is trained, from random weights and on this clip alone, to map input frames to processed frames. The loss has
no temporal term: a network learns what frames have in common before it learns their flicker, and training is stopped
in between.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from steadyface.baselines.settings import DeepVideoPrior
from steadyface.clip.frames import Frames
from steadyface.critics.lpips import Lpips
from steadyface.runtime.optimise import Checkpoint, Watcher, optimise

DEPTH = 4
_SLOPE = 0.2


class UNet(nn.Module):
    """The network of the paper: four poolings, skip connections, bilinear upsampling."""

    def __init__(self, width: int, seed: int) -> None:
        super().__init__()
        widths = [width * 2**level for level in range(DEPTH + 1)]
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.down = nn.ModuleList(_twice(a, b) for a, b in zip([3, *widths], widths, strict=False))
            self.narrow = nn.ModuleList(nn.Conv2d(2 * w, w, 3, padding=1) for w in reversed(widths[:-1]))
            self.up = nn.ModuleList(_twice(2 * w, w) for w in reversed(widths[:-1]))
            self.colours = nn.Conv2d(width, 3, 1)

    def forward(self, images: Tensor) -> Tensor:
        """(N, 3, H, W) -> (N, 3, H, W), unbounded; H and W are multiples of 16."""
        x, skipped = images, []
        for level, block in enumerate(self.down):
            x = block(F.max_pool2d(x, 2) if level else x)
            skipped.append(x)
        for narrow, block, skip in zip(self.narrow, self.up, reversed(skipped[:-1]), strict=True):
            upsampled = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
            x = block(torch.cat([narrow(upsampled), skip], dim=1))
        colours: Tensor = self.colours(x)
        return colours


def _twice(inputs: int, outputs: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for width in (inputs, outputs):
        layers += [nn.Conv2d(width, outputs, 3, padding=1), nn.LeakyReLU(_SLOPE)]
    return nn.Sequential(*layers)


def train(
    network: UNet,
    inputs: Frames,
    processed: Frames,
    count: int,
    lpips: Lpips,
    settings: DeepVideoPrior,
    *,
    checkpoint: Checkpoint | None = None,
    watch: Watcher | None = None,
) -> UNet:
    """Train ``network`` in place to make each of ``count`` processed frames (1, 3, R, R) from its input frame.

    ``lpips`` has the trunk "vgg". Returns the network, frozen. Raises `DivergedError`.
    """
    network.requires_grad_(True)
    steps = settings.epochs * count
    coarse_steps = round(settings.coarse * settings.epochs) * count

    def losses_at(step: int) -> dict[str, Tensor]:
        stride = 2 if step < coarse_steps else 1
        real, goal = (frames([step % count])[..., ::stride, ::stride] for frames in (inputs, processed))
        image = network(real)
        pixels = (image - goal).abs().mean()
        return {"perceptual": lpips(image, goal).mean(), "pixels": settings.pixel_weight * pixels}

    optimise(
        "deep video prior",
        losses_at,
        dict(network.named_parameters()),
        steps=steps,
        learning_rate=settings.learning_rate,
        checkpoint=checkpoint,
        watch=watch,
    )
    return network.requires_grad_(False)
