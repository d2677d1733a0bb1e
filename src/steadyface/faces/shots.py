"""Cuts: where one shot ends and the next begins.

A cut is a single large jump: a frame differs from the one before far more than neighbouring frames do on
either side, and the picture doesn't return to what it was. Fast motion changes many frames in a row, a flash
returns, and a change of light alone leaves the correlation high, so none of them passes. A jump cut within
one camera position does pass unnoticed here; it shows as a face that jumps (see `track`).
"""

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

_SIZE = (64, 36)
_NOISE = 2.0
_MIN_JUMP = 0.1
_MIN_RATIO = 3.0
_FLASH_RETURN = 0.5


@dataclass(frozen=True)
class Shot:
    """Frames between two cuts."""

    first: int
    end: int
    """The number of the frame after the last."""
    comes: bool = False
    """Whether it comes gradually, as in a dissolve."""
    goes: bool = False

    def __len__(self) -> int:
        return self.end - self.first


class ShotFinder:
    """Finds shots in a sequence of frames."""

    def __init__(self) -> None:
        """Start before the first frame."""
        self._finder, self._cuts, self._count = CutFinder(), list[int](), 0
        self._shots: list[Shot] | None = None

    def push(self, frame: NDArray[np.uint8]) -> None:
        """Take the next frame (H, W, 3)."""
        self._count += 1
        self._note(self._finder.push(frame))

    def finish(self) -> list[Shot]:
        """The shots of all frames."""
        if self._shots is None:
            self._note(self._finder.finish())
            self._shots = [Shot(a, b) for a, b in pairwise([0, *self._cuts, self._count])]
        return self._shots

    def _note(self, cut: int | None) -> None:
        if cut is not None:
            self._cuts.append(cut)


class CutFinder:
    """Finds cuts in a sequence of frames, one frame late, and keeps four thumbnails."""

    def __init__(self) -> None:
        """Start before the first frame."""
        self._thumbnails: list[NDArray[np.float64]] = []
        self._seen = 0

    def push(self, frame: NDArray[np.uint8]) -> int | None:
        """Take the next frame (H, W, 3); return the number of the one before if that begins a shot."""
        return self._judge(_thumbnail(frame))

    def finish(self) -> int | None:
        """Return the last frame's number if it begins a new shot."""
        return self._judge(self._thumbnails[-1]) if self._thumbnails else None

    def _judge(self, newest: NDArray[np.float64]) -> int | None:
        """Judge the frame before the newest one, which needs its neighbours on both sides."""
        self._thumbnails = [*self._thumbnails[-3:], newest]
        self._seen += 1
        if len(self._thumbnails) < 3:
            return None
        *earlier, before, at, after = self._thumbnails
        jump = _difference(before, at)
        around = max([_difference(at, after), *[_difference(e, before) for e in earlier]])
        stays = _difference(before, after) > _FLASH_RETURN * jump
        return self._seen - 2 if jump > max(_MIN_JUMP, _MIN_RATIO * around) and stays else None


def _thumbnail(frame: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return a thumbnail minus its mean colour, which a change of light alone would change."""
    small = cv2.resize(frame, _SIZE, interpolation=cv2.INTER_AREA).astype(np.float64)
    return np.asarray(small - small.mean((0, 1)))


def _difference(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """Return 1 minus the correlation of two thumbnails, fading to 0 for flat, noisy pictures."""
    floor = _NOISE**2 * a.size
    return 1 - (float((a * b).sum()) + floor) / (float(np.linalg.norm(a) * np.linalg.norm(b)) + floor)
