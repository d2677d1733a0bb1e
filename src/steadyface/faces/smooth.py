"""Gaussian smoothing over time that neither lags nor shrinks the motion at the clip's ends."""

import math
from collections import deque
from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray


def smooth(series: NDArray[np.floating], sigma: float) -> NDArray[np.float64]:
    """Smooth `series` (T, ...) along its first axis with a Gaussian of `sigma` frames.

    Each value is the Gaussian-weighted straight-line fit to its neighbours (Cleveland and Loader, "Smoothing
    by local regression", 1996). Away from the ends that is the plain Gaussian mean; at the ends, where
    neighbours exist on one side only, it still returns constant and linear motion unchanged, which a
    renormalised or reflected mean doesn't.
    """
    values = np.asarray(series, dtype=np.float64)
    total = len(values)
    if sigma <= 0 or total < 2:
        return values.copy()
    weight = _weights(total, sigma)
    radius = weight.shape[1] // 2
    padded = np.pad(values, [(radius, radius), *[(0, 0)] * (values.ndim - 1)])
    result = np.zeros_like(values)
    for column in range(weight.shape[1]):
        share = weight[:, column].reshape(-1, *[1] * (values.ndim - 1))
        result += share * padded[column : column + total]
    return result


def smoothed(series: Iterable[NDArray[np.generic]], total: int, sigma: float) -> Iterator[NDArray[np.float64]]:
    """The values of `smooth` one at a time, for a series of ``total`` arrays that is too large to be in memory.

    It reads ahead by four sigmas, and holds twice as many arrays. Raises `ValueError` for a series of another length.
    """
    weight = _weights(total, sigma) if sigma > 0 and total > 1 else np.ones((total, 1))
    radius = weight.shape[1] // 2
    near: deque[NDArray[np.generic]] = deque(maxlen=2 * radius + 1)
    coming, taken = iter(series), 0
    for index in range(total):
        while taken < min(index + radius + 1, total):
            value = next(coming, None)
            if value is None:
                raise ValueError(f"the series has {taken} arrays, not {total}")
            near.append(value)
            taken += 1
        result = np.zeros(near[-1].shape)
        # in the order in which `smooth` adds them, so that the sums are equal to the last bit
        for place, value in enumerate(near, taken - len(near)):
            if abs(place - index) <= radius:
                result += weight[index, place - index + radius] * value.astype(np.float64)
        yield result
    if next(coming, None) is not None:
        raise ValueError(f"the series has more than {total} arrays")


def _weights(total: int, sigma: float) -> NDArray[np.float64]:
    """The weights (T, 2 * radius + 1) of each value's neighbours; 0 for those beyond the ends."""
    radius = min(math.ceil(4 * sigma), total - 1)
    offsets = np.arange(-radius, radius + 1)
    index = np.arange(total)[:, None] + offsets
    weight: NDArray[np.float64] = np.exp(-0.5 * (offsets / sigma) ** 2) * ((index >= 0) & (index < total))
    s0, s1, s2 = ((weight * offsets**power).sum(1) for power in range(3))
    weight *= (s2[:, None] - s1[:, None] * offsets) / (s0 * s2 - s1**2)[:, None]
    return weight
