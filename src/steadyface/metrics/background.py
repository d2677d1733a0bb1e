"""Whether the pixels that an edit must not reach are unchanged."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file

from steadyface.clip.folder import OutlineFolder
from steadyface.clip.segments import segments_of
from steadyface.errors import InputError
from steadyface.faces.align import uncrop
from steadyface.metrics.frames import Image
from steadyface.metrics.perceptual import psnr_of
from steadyface.runtime.files import sha256_of
from steadyface.stitching.extension import ColourExtension
from steadyface.video.info import probe
from steadyface.video.reader import read_frames


@dataclass(frozen=True)
class Background:
    """The difference of two clips outside a mask."""

    psnr: float
    """dB over all pixels that count; inf if they are equal, NaN if there are none."""
    largest: int
    """The largest difference of a channel, 0 to 255."""
    coverage: float
    """The share of pixels that count, 0 to 1."""


def outside(clip: Iterable[Image], inputs: Iterable[Image], masks: Iterable[NDArray[np.floating]]) -> Background:
    """Compare two clips where the mask is exactly 0, reading each frame once and keeping none.

    Args:
        clip: the edited frames (H, W, 3).
        inputs: the frames before the edit.
        masks: (H, W), above 0 where the edit may reach.

    Raises:
        InputError: the three differ in length, or a frame's sizes differ.
    """
    squared, counted, total, largest = 0.0, 0, 0, 0
    for number, (a, b, mask) in enumerate(zip_longest(clip, inputs, masks)):
        if a is None or b is None or mask is None:
            raise InputError(f"the clips and the masks must be of one clip: one of them ends at frame {number}")
        if a.shape != b.shape or a.shape[:2] != mask.shape:
            raise InputError(f"frame {number}: sizes {a.shape}, {b.shape} and mask {mask.shape} differ")
        difference = np.abs(np.subtract(a, b, dtype=np.int32))[mask == 0]
        squared += float(np.square(difference, dtype=np.float64).sum())
        largest = max(largest, int(difference.max(initial=0)))
        counted += difference.size
        total += a.size
    if not counted:
        return Background(float("nan"), 0, 0.0)
    return Background(psnr_of(squared / counted), largest, counted / total)


def of_run(folder: Path, manifest: Mapping[str, Any]) -> Background | None:
    """Compare ``edited.mp4`` with its source where neither crop nor edit reaches: PSNR, largest difference, coverage.

    Differences there come from the re-encoding. None if the source has moved or changed since, or the run has no
    result yet.

    Raises:
        InputError: one of the videos can't be read, or they differ in size or length.
        ResourceError: outlines of the person are missing in the folder.
    """
    source = source_of(folder, manifest)
    if source is None:
        return None
    edited, aligned = folder / "edited.mp4", folder / "state" / "align.safetensors"
    info, (start, stop) = probe(source), manifest.get("frames", (0, None))
    arrays = load_file(aligned)
    before = (frame.image for frame in read_frames(source, start, stop))
    after = (frame.image[: info.height, : info.width] for frame in read_frames(edited))
    size, total = (info.height, info.width), probe(edited).frame_count or len(arrays["quads"])
    rows = set((segments_of(arrays, start).numbers - start).tolist())
    reached, nowhere = _reach(folder, arrays["quads"], size), np.zeros(size, np.float32)
    masks = (next(reached) if number in rows else nowhere for number in range(total))
    return outside(after, before, masks)


def source_of(folder: Path, manifest: Mapping[str, Any]) -> Path | None:
    """The video that a run's frames can be compared with.

    None if it has moved or changed since, or the run has no result yet.
    """
    there = [folder / "edited.mp4", folder / "state" / "align.safetensors", Path(manifest.get("source") or "none")]
    if not all(path.exists() for path in there) or sha256_of(there[-1]) != manifest.get("source_sha256"):
        return None
    return there[-1]


def _reach(folder: Path, corners: NDArray[np.floating], size: tuple[int, int]) -> Iterator[NDArray[np.float32]]:
    """Masks of the frames, above 0 where the crop or the colour extension is."""
    state = folder / "state" / "compose.safetensors"
    arrays = load_file(state) if state.is_file() else {}
    # Runs of earlier versions have the outlines in the state file
    outlines = arrays["person"] if "person" in arrays else OutlineFolder(folder / "state" / "outlines")
    extension = ColourExtension.of(arrays, outlines)
    for index, each in enumerate(corners):
        mask = reach(each, size)
        yield np.maximum(mask, extension.touched(index, each, size)) if extension else mask


def reach(corners: NDArray[np.floating], size: tuple[int, int]) -> NDArray[np.float32]:
    """Where a crop with the quad `corners` (4, 2) lies in a frame of `size` (height, width): above 0."""
    return uncrop(np.ones((64, 64), np.float32), corners, size, outside=0.0)
