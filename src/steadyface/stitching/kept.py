"""Parts of the face that stay the input's, for edits that aren't about them: who is given eyeglasses still blinks.

A generator that was never shown closed lids behind eyeglasses opens them and looks straight ahead, and teeth that it
never saw it draws as grey bars.
"""

from collections.abc import Callable, Collection, Sequence

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from steadyface.consistency.flows import Frames
from steadyface.editing.parts import Part
from steadyface.faces import topology
from steadyface.faces.mask import parts_mask
from steadyface.stitching.settings import Stitching

Masks = Callable[[int], Tensor]
"""The mask (1, 1, S, S) of a frame."""

_CONTOURS: dict[Part, tuple[tuple[int, ...], ...]] = {
    "eyes": (topology.RIGHT_EYE, topology.LEFT_EYE),
    "irises": (topology.RIGHT_EYE, topology.LEFT_EYE),
    "mouth": (topology.OUTER_LIPS,),
}


def mask_of(parts: Collection[Part], landmarks: NDArray[np.floating], size: int, settings: Stitching) -> Tensor:
    """Some parts of a face, softly: (1, 1, S, S) in [0, 1], for landmarks (468, 2) in px of the crop.

    Eyes have their lids, lips a narrow seam.
    """
    total = np.zeros((size, size), np.float32)
    for part in parts:
        reach, feather = settings.kept[part]
        mask = parts_mask(landmarks, _CONTOURS[part], size, reach=reach, feather=feather * size)
        total = np.maximum(total, mask)
    return torch.from_numpy(total)[None, None]


def with_kept(
    pictures: Frames, before: Frames, inputs: Frames, masks: Masks, probes: Sequence[int], settings: Stitching
) -> Frames:
    """The pictures with the input's own parts inside the masks, in the edit's `shade`.

    ``before`` gives the frames without the edit, and ``probes`` are the frames that tell the shade.
    """
    tint = shade(lambda frames: pictures(frames) - before(frames), masks, probes, settings)

    def painted(frames: Sequence[int]) -> Tensor:
        drawn, own = pictures(frames), inputs(frames)
        inside = torch.cat([masks(index) for index in frames]).to(drawn)
        return drawn + inside * (own + tint.to(drawn) - drawn)

    return painted


@torch.no_grad()
def shade(change: Frames, masks: Masks, frames: Sequence[int], settings: Stitching) -> Tensor:
    """What an edit adds inside the masks in the mean over some frames, so blurred that a shade is left: (1, 3, S, S).

    ``change`` gives what it adds to frames, (len, 3, S, S). Only what is inside the masks counts, weighted as they are.
    """
    total, weight = torch.zeros(()), torch.zeros(())
    for index in frames:
        mask = masks(index)
        total = total + mask * change([index]).to(mask)
        weight = weight + mask
    sigma = settings.shade_blur * weight.shape[-1]
    return _blurred(total, sigma) / (_blurred(weight, sigma) + 1e-3)


def _blurred(image: Tensor, sigma: float) -> Tensor:
    channels = [cv2.GaussianBlur(channel, (0, 0), sigma) for channel in image[0].cpu().numpy()]
    return torch.from_numpy(np.stack(channels))[None]
