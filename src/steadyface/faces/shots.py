"""Shots: where the picture changes from one take to the next, by a cut or by a dissolve.

TransNet V2 looks at thumbnails in windows of 100 frames, of which it judges the middle 50, as its authors do. Frames
are read once, and at most 100 thumbnails are kept. The network takes a flash of two frames or more for two cuts, so
flashes are looked for apart from it: after a flash, the picture is what it was before.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from steadyface.faces.transnet import TransNet

SIZE = (48, 27)
"""Width and height of the thumbnails, px."""
_THRESHOLD = 0.5
_WINDOW = 100
_JUDGED = _WINDOW // 2
_MARGIN = _WINDOW // 4
_LONGEST_FLASH = 5
_FLASH_RATIO = 8.0
"""How much further a flash's frames are from those around it than these from each other. High, since a cut through a
few white frames should stay one: two speakers in one studio are 6 times closer to each other than to white."""


@dataclass(frozen=True)
class Shot:
    """Frames `first` .. `end` - 1, numbered from 0. A film's shots follow each other without gaps.

    A dissolve is divided in its middle: the frames before it are the `fade_out` last ones of one shot, the others the
    `fade_in` first ones of the next. Both are 0 at a cut, and where the film begins and ends.
    """

    first: int
    end: int
    fade_in: int = 0
    fade_out: int = 0

    def __len__(self) -> int:
        return self.end - self.first

    @property
    def clear(self) -> range:
        """The frames that show nothing of another shot. Empty if the shot is never without one."""
        return range(self.first + self.fade_in, self.end - self.fade_out)


@dataclass(frozen=True)
class _Boundary:
    """A shot begins at frame `at`; frames `mixed` show both. `mixed` is empty at a cut."""

    at: int
    mixed: range


class ShotFinder:
    """Finds the shots of a film whose frames come one at a time."""

    def __init__(self, network: "TransNet | None" = None) -> None:
        """Start before the first frame, with the zoo's network by default.

        Raises:
            steadyface.errors.WeightsError: if the weights can't be had.
        """
        if network is None:
            # Imported only here, so that what asks for shots' numbers alone doesn't wait for torch.
            from steadyface.faces.transnet import TransNet

            network = TransNet.load()
        self._network = network
        self._window: list[NDArray[np.uint8]] = []
        self._judged: list[NDArray[np.float32]] = []
        self._seen = 0
        self._shots: list[Shot] | None = None

    def push(self, frame: NDArray[np.uint8]) -> None:
        """Take the next frame, RGB (H, W, 3). Every fiftieth time, the network judges 50 frames."""
        # Area averaging: with fewer samples, fine detail that moves would flicker in the thumbnails.
        thumbnail = np.asarray(cv2.resize(frame, SIZE, interpolation=cv2.INTER_AREA), np.uint8)
        self._window += [thumbnail] * (1 if self._seen else 1 + _MARGIN)
        self._seen += 1
        self._judge()

    def finish(self) -> list[Shot]:
        """The shots of all frames, in their order; none if there was no frame."""
        if self._shots is None:
            self._shots = self._found()
        return self._shots

    def _found(self) -> list[Shot]:
        while len(self._judged) * _JUDGED < self._seen:
            self._window += self._window[-1:] * (_WINDOW - len(self._window))
            self._judge()
        probabilities = np.concatenate(self._judged)[: self._seen] if self._judged else np.zeros((0, 2), np.float32)
        return _shots(_boundaries(probabilities), self._seen)

    def _judge(self) -> None:
        """Once the window is full, judge its middle and move on by as many frames."""
        if len(self._window) == _WINDOW:
            thumbnails = np.stack(self._window)
            probabilities = self._network.judge(thumbnails)
            probabilities[_flashes(thumbnails), 0] = 0
            self._judged.append(probabilities[_MARGIN : _MARGIN + _JUDGED])
            del self._window[:_JUDGED]


def find_shots(frames: Iterable[NDArray[np.uint8]], *, network: "TransNet | None" = None) -> list[Shot]:
    """The shots of a film, from frames RGB (H, W, 3) that are read once; none if there is no frame.

    Most jump cuts, where the camera stays and nothing but a face jumps, pass unnoticed.

    Args:
        frames: all of one size.
        network: the zoo's by default.

    Raises:
        steadyface.errors.WeightsError: if the weights can't be had.
    """
    finder = ShotFinder(network)
    for frame in frames:
        finder.push(frame)
    return finder.finish()


def _flashes(thumbnails: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Of thumbnails (T, H, W, 3), whether each is in a flash of up to five frames, or just before one: (T,)."""
    pictures = thumbnails.astype(np.int16)
    steps = range(1, _LONGEST_FLASH + 2)
    # The mean difference of each frame from the one `step` frames later.
    gaps = {step: np.abs(pictures[step:] - pictures[:-step]).mean((1, 2, 3)) for step in steps}
    found = np.zeros(len(thumbnails), bool)
    for length in steps[:-1]:
        around = gaps[length + 1]
        to_flash = [gaps[step][: len(around)] for step in range(1, length + 1)]
        from_flash = [gaps[length + 1 - step][step : step + len(around)] for step in range(1, length + 1)]
        for before in np.flatnonzero(np.min([*to_flash, *from_flash], 0) > _FLASH_RATIO * around):
            found[before : before + length + 1] = True
    return found


def _boundaries(probabilities: NDArray[np.float32]) -> list[_Boundary]:
    """Where shots begin, from probabilities (T, 2) as of `TransNet`.

    A run of frames above the threshold in the first column is one boundary, behind its likeliest frame. The second
    column tells its extent; the one frame that it marks at a cut is the last of its shot, and not mixed.
    """
    extents = _runs(probabilities[:, 1] > _THRESHOLD)
    found = []
    for run in _runs(probabilities[:, 0] > _THRESHOLD):
        at = run.start + int(probabilities[run.start : run.stop, 0].argmax()) + 1
        if at < len(probabilities):
            around = [extent for extent in extents if extent.start <= at - 1 < extent.stop and len(extent) > 1]
            found.append(_Boundary(at, around[0] if around else range(at, at)))
    return found


def _runs(flags: NDArray[np.bool_]) -> list[range]:
    """The ranges in which flags (T,) are set."""
    edges = np.flatnonzero(np.diff(flags, prepend=False, append=False))
    return [range(int(start), int(stop)) for start, stop in edges.reshape(-1, 2)]


def _shots(boundaries: list[_Boundary], total: int) -> list[Shot]:
    """The shots between the boundaries of a film of `total` frames."""
    if not total:
        return []
    ends = [_Boundary(0, range(0)), *boundaries, _Boundary(total, range(total, total))]
    return [
        Shot(a.at, b.at, min(a.mixed.stop, b.at) - a.at, b.at - max(b.mixed.start, a.at)) for a, b in pairwise(ends)
    ]
