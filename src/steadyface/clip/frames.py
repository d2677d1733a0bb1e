"""Frames by number, made on demand: the type that every step takes and returns."""

from collections.abc import Callable, Sequence
from functools import lru_cache

import torch
from torch import Tensor
from torch.nn import functional as F

Frames = Callable[[Sequence[int]], Tensor]
"""Frames by number: (len, 3, R, R) in [-1, 1]."""

CACHED_FRAMES = 256


def cached(frame: Callable[[int], Tensor], capacity: int = CACHED_FRAMES) -> Frames:
    """Frames made one at a time, (C, S, S) each, without gradient; the last ``capacity`` are cached in float16."""

    @lru_cache(capacity)
    @torch.no_grad()
    def made(index: int) -> Tensor:
        return frame(index).half()

    return lambda frames: torch.stack([made(index) for index in frames]).float()


def selected(frames: Frames, numbers: Sequence[int]) -> Frames:
    """Some of the frames, counted from 0 in the order of ``numbers``."""
    return lambda places: frames([numbers[place] for place in places])


def enlarge(images: Tensor, size: int) -> Tensor:
    """(N, C, R, R) -> (N, C, size, size), bicubic; images that are not smaller stay as they are."""
    if images.shape[-1] >= size:
        return images
    return F.interpolate(images, size=(size, size), mode="bicubic", align_corners=False)


def shrink(images: Tensor, size: int) -> Tensor:
    """(N, 3, R, R) -> (N, 3, size, size), antialiased; images that are not larger stay as they are."""
    if images.shape[-1] <= size:
        return images
    return F.interpolate(images, size=(size, size), mode="bilinear", align_corners=False, antialias=True)
