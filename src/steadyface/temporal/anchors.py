"""The frames in whose coordinates others are averaged: one for a head that is still, more for one that turns. Ours."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from steadyface.clip.aligned import Aligned
from steadyface.faces.motion import head_poses

_LEAST_SHARE = 0.02
"""A smaller share isn't worth a flow."""


@dataclass(frozen=True)
class Anchors:
    """Frames whose poses lie near all others', and how much each frame belongs to each of them."""

    frames: list[int]
    shares: NDArray[np.float64]
    """(T, K), not negative; rows have the sum 1. They change smoothly with the pose."""

    @classmethod
    def single(cls, frame: int, count: int) -> "Anchors":
        """One for all ``count`` frames."""
        return cls([frame], np.ones((count, 1)))

    @classmethod
    def of_clip(cls, clip: Aligned, first: int, keyframes: Sequence[int], reach: float | None) -> "Anchors":
        """``first`` and the keyframes that `of` adds for the heads of a clip; none if ``reach`` is None."""
        if reach is None:
            return cls.single(first, len(clip))
        return cls.of(head_poses(clip.landmarks, len(clip.person)), first, keyframes, reach)

    @classmethod
    def of(cls, poses: NDArray[np.floating], first: int, among: Sequence[int], reach: float) -> "Anchors":
        """``first``, and of the frames ``among`` which may be one the farthest until none is beyond ``reach``.

        ``poses`` (T, D) are the heads' (`faces.motion.head_poses`), in which ``reach`` is a distance.
        """
        chosen = [first]
        nearest = np.linalg.norm(poses[list(among)] - poses[first], axis=1)
        while nearest.max() > reach:
            chosen.append(among[int(nearest.argmax())])
            nearest = np.minimum(nearest, np.linalg.norm(poses[list(among)] - poses[chosen[-1]], axis=1))
        distance = np.linalg.norm(poses[:, None] - poses[chosen], axis=2)
        exponent = -0.5 * (distance / (reach / 2)) ** 2
        shares = np.exp(exponent - exponent.max(1, keepdims=True))
        shares /= shares.sum(1, keepdims=True)
        shares[shares < _LEAST_SHARE] = 0
        return cls(chosen, shares / shares.sum(1, keepdims=True))
