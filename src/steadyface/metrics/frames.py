"""The frames that the metrics read: pictures by number, one at a time."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.numpy import load_file
from torch import Tensor

from steadyface.clip.folder import FrameFolder, to_tensor
from steadyface.clip.segments import Segments, segments_of
from steadyface.errors import InputError

Image = NDArray[np.uint8]


class Frames(Protocol):
    """Pictures of one size by number, RGB uint8 (H, W, 3); a list of arrays is one, `Crops` another."""

    def __len__(self) -> int:
        """How many pictures there are."""
        ...

    def __getitem__(self, index: int, /) -> Image:
        """Return picture `index`, from 0."""
        ...


class Crops:
    """A folder of ``%05d.png`` as `Frames`, read on demand."""

    def __init__(self, folder: Path) -> None:
        """Count the pictures; a folder that doesn't exist has none."""
        self._folder = FrameFolder(folder)
        self._count = sum(1 for _ in folder.glob("[0-9]*.png"))

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: int, /) -> Image:
        return self._folder.image(index)


def segments_in(folder: Path, count: int) -> Segments:
    """Which of a run's ``count`` pictures follow each other; all do in a folder without the stage's file."""
    path = folder / "state" / "align.safetensors"
    return segments_of(load_file(path)) if path.is_file() else Segments.whole(count)


class EditControl:
    """The input's frames plus an edit's change averaged over time, as `Frames`: the input's motion, the edit's look."""

    def __init__(self, inputs: Frames, edited: Frames) -> None:
        """Average the change. Raises `InputError` when the two aren't of one clip."""
        count = same_length(inputs, edited)
        self._inputs = inputs
        self._change = sum(edited[k].astype(np.float32) - inputs[k] for k in range(count)) / count

    def __len__(self) -> int:
        return len(self._inputs)

    def __getitem__(self, index: int, /) -> Image:
        changed = np.clip(self._inputs[index] + self._change, 0, 255)
        return np.asarray(np.round(changed), dtype=np.uint8)


class Within:
    """Frames inside masks, and other frames around them, as `Frames`."""

    def __init__(self, frames: Frames, around: Frames, masks: Callable[[int], NDArray[np.floating]]) -> None:
        """``masks`` gives that of a frame, (H, W) in [0, 1]. Raises `InputError` when the two aren't of one clip."""
        same_length(frames, around)
        self._frames, self._around, self._masks = frames, around, masks

    def __len__(self) -> int:
        return len(self._frames)

    def __getitem__(self, index: int, /) -> Image:
        around = self._around[index].astype(np.float32)
        mask = self._masks(index)[:, :, None]
        return np.asarray(np.round(around + mask * (self._frames[index] - around)), dtype=np.uint8)


def load(frames: Frames, indices: Sequence[int], device: torch.device | str = "cpu") -> Tensor:
    """Return the frames with these numbers as (len(indices), 3, H, W) in [-1, 1]."""
    return torch.cat([to_tensor(frames[index]) for index in indices]).to(device)


def same_length(a: Frames, b: Frames) -> int:
    """Return the common number of frames.

    Raises:
        InputError: the sequences differ in length, or are empty.
    """
    if len(a) != len(b) or not len(a):
        raise InputError(f"the sequences have {len(a)} and {len(b)} frames: they must be of one clip")
    return len(a)
