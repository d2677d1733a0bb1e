"""LPIPS of enlarged eyes and mouth, whose details LPIPS of the whole crop hardly sees."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor
from torch.nn import functional as F

from steadyface.critics.lpips import Lpips, Seen

# Top, bottom, left, right as fractions of the FFHQ frame: the eyes lie at .47 of its height, the mouth at .73.
EYES = (0.40, 0.54, 0.27, 0.73)
MOUTH = (0.63, 0.85, 0.34, 0.66)
_HEIGHTS = {EYES: 112, MOUTH: 128}
SEEN = 24
"""Number of crops whose features stay in memory, more than there are keyframes: some 5 MB each at 256 px."""


def closeups(images: Tensor) -> list[Tensor]:
    """Cut eyes and mouth out of FFHQ-aligned crops (N, 3, R, R), enlarged: (N, 3, 112, 368) and (N, 3, 128, 186)."""
    found = []
    for box, height in _HEIGHTS.items():
        top, bottom, left, right = (round(part * images.shape[-1]) for part in box)
        size = height, round(height * (box[3] - box[2]) / (box[1] - box[0]))
        part = images[:, :, top:bottom, left:right]
        found.append(F.interpolate(part, size, mode="bilinear", align_corners=False, antialias=True))
    return found


@dataclass(frozen=True)
class SeenCrop:
    """FFHQ-aligned crops with all LPIPS features, of the whole and of the close-ups, to be compared more than once."""

    whole: Seen
    parts: list[Seen]

    @property
    def images(self) -> Tensor:
        """(N, 3, R, R) in [-1, 1]"""
        return self.whole.images


def see_crop(lpips: Lpips, images: Tensor) -> SeenCrop:
    """Compute the features of crops (N, 3, R, R) in [-1, 1]."""
    return SeenCrop(lpips.see(images), [lpips.see(part) for part in closeups(images)])


def seen_once(lpips: Lpips, frames: Callable[[Sequence[int]], Tensor]) -> Callable[[int], SeenCrop]:
    """Crops by number, (len, 3, R, R), with their features, which are computed once for the last `SEEN` of them."""

    @lru_cache(SEEN)
    @torch.no_grad()
    def crop(index: int) -> SeenCrop:
        return see_crop(lpips, frames([index]))

    return crop


def closeup_distance(lpips: Lpips, a: Tensor, b: Tensor | SeenCrop) -> Tensor:
    """The mean LPIPS of enlarged eyes and mouth: crops (N, 3, R, R) twice -> (N,)."""
    others = b.parts if isinstance(b, SeenCrop) else closeups(b)
    eyes, mouth = (lpips(x, y) for x, y in zip(closeups(a), others, strict=True))
    total: Tensor = eyes + mouth
    return total / 2
