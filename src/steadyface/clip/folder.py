"""Pictures of frames on disk, one PNG each, so that memory doesn't grow with the clip."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from steadyface.errors import ResourceError
from steadyface.runtime.files import write_atomically

KEPT = 192
"""Frames that stay in memory: 40 MB at 256 pixels."""


def spread(count: int, most: int) -> list[int]:
    """At most ``most`` (two or more) of ``count`` frame numbers, evenly spread; all of them if there are no more."""
    return sorted({round(k * (count - 1) / (most - 1)) for k in range(most)}) if count > 0 else []


def to_tensor(image: NDArray[np.uint8]) -> Tensor:
    """(H, W, 3) uint8 -> (1, 3, H, W) float in [-1, 1]."""
    return torch.from_numpy(image).permute(2, 0, 1)[None].float() / 127.5 - 1.0


def to_image(tensor: Tensor) -> NDArray[np.uint8]:
    """(1, 3, H, W) or (3, H, W) float in [-1, 1] -> (H, W, 3) uint8, rounded."""
    pixels = (tensor.detach().reshape(tensor.shape[-3:]) + 1.0) * 127.5
    return np.ascontiguousarray(pixels.round().clamp(0, 255).byte().permute(1, 2, 0).cpu().numpy())


class PictureFolder:
    """A folder of ``%05d.png``, uint8. The last that were read stay in memory."""

    _READ_AS = cv2.IMREAD_COLOR

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._read = lru_cache(KEPT)(self._decode)

    def path(self, index: int) -> Path:
        """The file of a frame."""
        return self.folder / f"{index:05d}.png"

    def image(self, index: int) -> NDArray[np.uint8]:
        """One frame as uint8, RGB (R, R, 3) or grey (R, R)."""
        return self._read(index)

    def clear(self) -> None:
        """Remove all frames: an earlier, longer clip may have left more than the next one overwrites."""
        for path in self.folder.glob("*.png"):
            path.unlink()
        self._read.cache_clear()

    def count(self) -> int:
        """How many frames there are."""
        return sum(1 for _ in self.folder.glob("[0-9]*.png"))

    def write(self, index: int, image: NDArray[np.uint8]) -> None:
        """Write a frame, uint8 RGB (R, R, 3) or grey (R, R)."""
        encoded = cv2.imencode(".png", _reversed(image))[1].tobytes()
        write_atomically(self.path(index), lambda beside: beside.write_bytes(encoded))
        self._read.cache_clear()

    def _decode(self, index: int) -> NDArray[np.uint8]:
        try:
            image = cv2.imdecode(np.frombuffer(self.path(index).read_bytes(), np.uint8), self._READ_AS)
        except (OSError, cv2.error):
            image = None
        if image is None:
            raise ResourceError(f"{self.path(index)} is missing or damaged; delete the run folder and start again")
        return _reversed(np.asarray(image, np.uint8))


class FrameFolder(PictureFolder):
    """A folder of RGB pictures, called with frame numbers: (N, 3, R, R) in [-1, 1]."""

    def __init__(self, folder: Path, device: torch.device | None = None, numbers: Sequence[int] | None = None) -> None:
        """With ``numbers``, only these pictures, counted from 0."""
        super().__init__(folder)
        self.device = device
        self.numbers = numbers

    def path(self, index: int) -> Path:
        """The file of a frame."""
        return super().path(index if self.numbers is None else self.numbers[index])

    def part(self, numbers: Sequence[int]) -> "FrameFolder":
        """Some of the pictures, counted from 0 in the order of ``numbers``."""
        return FrameFolder(self.folder, self.device, numbers)

    def __call__(self, indices: Sequence[int]) -> Tensor:
        """Frames by number: (N, 3, R, R) in [-1, 1]."""
        return torch.cat([to_tensor(self.image(int(index))) for index in indices]).to(self.device)


class OutlineFolder(PictureFolder):
    """A folder of grey masks, such as outlines of a person: by number, (Q, Q), 0 to 255."""

    _READ_AS = cv2.IMREAD_GRAYSCALE

    def __getitem__(self, index: int) -> NDArray[np.uint8]:
        """The mask of a frame."""
        return self.image(index)


def _reversed(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """With the colours in the other order, OpenCV's or ours; grey stays as it is."""
    return np.ascontiguousarray(image[:, :, ::-1] if image.ndim == 3 else image)
