"""Gaussian smoothing over time that neither lags nor shrinks the motion at the clip's ends."""

import math

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
    radius = min(math.ceil(4 * sigma), total - 1)
    offsets = np.arange(-radius, radius + 1)
    index = np.arange(total)[:, None] + offsets
    weight = np.exp(-0.5 * (offsets / sigma) ** 2) * ((index >= 0) & (index < total))
    s0, s1, s2 = ((weight * offsets**power).sum(1) for power in range(3))
    weight *= (s2[:, None] - s1[:, None] * offsets) / (s0 * s2 - s1**2)[:, None]
    padded = np.pad(values, [(radius, radius), *[(0, 0)] * (values.ndim - 1)])
    result = np.zeros_like(values)
    for column in range(len(offsets)):
        share = weight[:, column].reshape(-1, *[1] * (values.ndim - 1))
        result += share * padded[column : column + total]
    return result
