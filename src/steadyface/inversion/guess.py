"""The first guess of a clip's codes, from which refinement starts."""

from pathlib import Path

import torch
from torch import Tensor

from steadyface.clip.frames import Frames
from steadyface.critics.lpips import Lpips
from steadyface.gan.base import Generator
from steadyface.gan.models import W_SPACE
from steadyface.inversion.encoder import Encoder
from steadyface.inversion.psp import load_encoder
from steadyface.runtime.batches import batch_size, batches


@torch.no_grad()
def first_guess(generator: Generator, inputs: Frames, count: int, lpips: Lpips, encoder: Path | None) -> Tensor:
    """Codes of ``count`` frames: W+ (T, num_ws, w_dim) of an imported encoder, or W (T, w_dim) of the one that ships.

    If the shipped encoder is not for the generator's W space, every frame gets the mean code.
    """
    device = generator.w_mean.device
    groups = list(batches(count, batch_size(device)))
    if encoder is not None:
        published = load_encoder(encoder).to(device)
        return torch.cat([published(inputs(numbers), generator) for numbers in groups])
    if generator.w_space != W_SPACE:
        return generator.w_mean.expand(count, -1)
    own = Encoder(lpips).to(device)
    return torch.cat([own(inputs(numbers)) for numbers in groups])
