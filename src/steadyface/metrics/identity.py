"""Whether it stays the same person, compared with the input and from frame to frame."""

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from steadyface.metrics.frames import Frames, load
from steadyface.runtime.batches import batches

Descriptors = NDArray[np.float64]


@torch.no_grad()
def descriptors(
    frames: Frames,
    network: Callable[[Tensor], Tensor],
    *,
    batch: int = 8,
    device: torch.device | str = "cpu",
) -> Descriptors:
    """Unit face descriptors (T, D) of aligned crops.

    `network` maps (N, 3, R, R) in [-1, 1] to (N, D), such as `critics.identity.Identity`; it lives on `device`.
    """
    parts = [network(load(frames, numbers, device)).double().cpu() for numbers in batches(len(frames), batch)]
    found = torch.cat(parts)
    return np.asarray((found / found.norm(dim=1, keepdim=True).clamp(min=1e-12)).numpy())


def similarity(clip: Descriptors, inputs: Descriptors) -> float:
    """Mean over frames of the cosine between the two versions of a frame; both (T, D), unit."""
    return float((clip * inputs).sum(1).mean())


def local_consistency(clip: Descriptors) -> float:
    """Mean cosine of adjacent frames of unit descriptors (T, D); 1 for a single frame."""
    return float((clip[1:] * clip[:-1]).sum(1).mean()) if len(clip) > 1 else 1.0


def global_consistency(clip: Descriptors) -> float:
    """Mean cosine of all pairs of different frames of unit descriptors (T, D); 1 for a single frame.

    Computed from |sum u|^2 = T + 2 * (sum over pairs), without a T x T table.
    """
    count = len(clip)
    return float((np.square(clip.sum(0)).sum() - count) / (count * (count - 1))) if count > 1 else 1.0


def tl_id(clip: Descriptors, inputs: Descriptors) -> float:
    """TL-ID of Tzaban et al., "Stitch it in Time" (SIGGRAPH Asia 2022): `local_consistency` over the input's."""
    return local_consistency(clip) / local_consistency(inputs)


def tg_id(clip: Descriptors, inputs: Descriptors) -> float:
    """TG-ID of the same paper: `global_consistency` over the input's; 1 is as stable as the input."""
    return global_consistency(clip) / global_consistency(inputs)
