"""Preserved parts: parts of the face that are taken from the input, since an edit is not meant to change them.

A generator that has never seen closed lids behind eyeglasses draws open eyes that look straight ahead. Teeth that it
has never seen become grey bars. With preserved parts, somebody who is given eyeglasses still blinks.
"""

from collections.abc import Callable, Collection, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from steadyface.clip.frames import Frames, enlarge
from steadyface.faces import topology
from steadyface.faces.mask import parts_mask
from steadyface.faces.parts import Part
from steadyface.flow.blur import blurred
from steadyface.stitching.settings import Preservation

Masks = Callable[[int], Tensor]
"""The mask (1, 1, S, S) of a frame."""

_CONTOURS: dict[Part, tuple[tuple[int, ...], ...]] = {
    "eyes": (topology.RIGHT_EYE, topology.LEFT_EYE),
    "irises": (topology.RIGHT_EYE, topology.LEFT_EYE),
    "mouth": (topology.OUTER_LIPS,),
}


def preserved_mask(
    parts: Collection[Part], landmarks: NDArray[np.floating], size: int, settings: Preservation
) -> Tensor:
    """A soft mask of some parts of a face: (1, 1, S, S) in [0, 1], for landmarks (468, 2) in px of the crop.

    Eyes include their lids, lips a narrow margin.
    """
    total = np.zeros((size, size), np.float32)
    for part in parts:
        reach, feather = settings.parts[part]
        mask = parts_mask(landmarks, _CONTOURS[part], size, reach=reach, feather=feather * size)
        total = np.maximum(total, mask)
    return torch.from_numpy(total)[None, None]


def with_preserved(pictures: Frames, kept: Frames, masks: Masks) -> Frames:
    """The pictures, or packed layers, with ``kept`` inside the masks: the input, tinted by the edit's `shade`.

    The pictures may be larger than the masks and what is kept.
    """

    def painted(frames: Sequence[int]) -> Tensor:
        drawn = pictures(frames)
        size = drawn.shape[-1]
        inside = enlarge(torch.cat([masks(index) for index in frames]).to(drawn), size).clamp(0, 1)
        return drawn + inside * (enlarge(kept(frames).to(drawn), size) - drawn)

    return painted


@torch.no_grad()
def shade(change: Frames, masks: Masks, frames: Sequence[int], settings: Preservation) -> Tensor:
    """The mean over some frames of what an edit adds inside the masks, blurred to a shade: (1, 3, S, S).

    ``change`` gives what it adds to frames, (len, 3, S, S). Pixels are weighted by the masks.
    """
    total, weight = torch.zeros(()), torch.zeros(())
    for index in frames:
        mask = masks(index)
        total = total + mask * change([index]).to(mask)
        weight = weight + mask
    sigma = settings.shade_blur * weight.shape[-1]
    return blurred(total, sigma) / (blurred(weight, sigma) + 1e-3)
