"""Frames a few at a time."""

from collections.abc import Iterator

import torch

ON_GPU = 8
"""A GPU is idle most of the time with one picture of 256 px."""


def batch_size(device: torch.device | str) -> int:
    """How many frames a device takes at once: one on a CPU, where more are no faster and take more memory."""
    return 1 if torch.device(device).type == "cpu" else ON_GPU


def batches(count: int, size: int) -> Iterator[range]:
    """Split the numbers 0 .. count - 1 into runs of at most ``size``."""
    for start in range(0, count, size):
        yield range(start, min(start + size, count))
