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
    def of_clip(cls, clip: Aligned, first: int, among: Sequence[int], reach: float | None) -> "Anchors":
        """``first`` and those that `of` adds for the heads of a clip; only that if ``reach`` is None.

        Each segment of the clip has anchors of its own, of the frames ``among``, of which some are in each. If
        ``first`` is in another one, it begins with that nearest to its mean pose.
        """
        if reach is None:
            return cls.single(first, len(clip))
        poses = head_poses(clip.landmarks, len(clip.person))
        chosen, shares = list[int](), np.zeros((len(clip), 0))
        for rows in clip.segments.ranges:
            here = [each for each in among if each in rows]
            middle = poses[rows.start : rows.stop].mean(0)
            begin = first if first in here else min(here, key=lambda n: float(np.linalg.norm(poses[n] - middle)))
            own = cls.of(poses[rows.start : rows.stop], begin - rows.start, [n - rows.start for n in here], reach)
            columns = np.zeros((len(clip), len(own.frames)))
            columns[rows.start : rows.stop] = own.shares
            chosen, shares = [*chosen, *(rows.start + n for n in own.frames)], np.hstack([shares, columns])
        return cls(chosen, shares)

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
