"""How an edit looks in the frames themselves, at their own size: steady, as sharp as what it covers, without a border.

Pictures of 256 px say nothing of a face of 750. These are measured on the decoded frames of ``edited.mp4``.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.numpy import load_file

from steadyface.clip.folder import OutlineFolder, spread
from steadyface.clip.segments import Segments, segments_of
from steadyface.errors import InputError
from steadyface.faces.align import crop, quad_side, uncrop
from steadyface.flow.base import FlowEstimator
from steadyface.metrics.background import source_of
from steadyface.metrics.frames import Image
from steadyface.metrics.warping import warping_errors
from steadyface.stitching.compositor import within_outline
from steadyface.stitching.mask import paste_mask, window
from steadyface.stitching.settings import Compositing
from steadyface.video.info import probe
from steadyface.video.reader import read_frames

Floats = NDArray[np.float32]

CHANGED = 4.0
"""Grey levels from which on a pixel counts as edited, after a blur by `BLUR`: an encoder changes some by two."""
BLUR = 2.0
"""Sigma in px."""
EDGE = 1.5
"""Sigma in px of the derivative across a border."""
PAIRS = 12
"""Pairs of frames, at most, on which the warping error is measured."""
LARGEST = 1024
"""Side in px of the crops on which it is measured, at most."""


@dataclass(frozen=True)
class Native:
    """Measured on the frames themselves; NaN where there is nothing to measure."""

    face: float
    """Side of the aligned crop in px of the frames, the mean over the clip."""
    sharpness: float
    """Variance of the Laplacian where the edit is, over the input's there."""
    seam: float
    """Mean gradient across the border of what is pasted, over the input's there."""


def of_run(
    folder: Path, manifest: Mapping[str, Any], flow: FlowEstimator, device: torch.device | str, *, hair: bool
) -> dict[str, float] | None:
    """The fields of `Native` and "steady", the `steadiness`, of a run's ``edited.mp4`` beside its source.

    An encoder changes pictures a little, and no two alike: E of an input that is only encoded is 1.04 to 1.2 times its
    own. So the result's is compared with that of the input as the same encoder wrote it, in ``compare.mp4``.
    ``hair`` is as for `paste_masks`. None without both, as in `background.of_run`. Raises `InputError` like it.
    """
    source, state = source_of(folder, manifest), folder / "state"
    if source is None or not (state / "compose.safetensors").is_file():
        return None
    info, (start, stop) = probe(source), manifest.get("frames", (0, None))
    aligned = load_file(state / "align.safetensors")
    corners, segments = aligned["quads"], segments_of(aligned, start)
    rows = segments.rows

    def videos() -> tuple[Iterator[Image], Iterator[Image]]:
        """The frames in which the person is."""
        before = (frame.image for frame in read_frames(source, start, stop) if frame.index in rows)
        edited = (frame for frame in read_frames(folder / "edited.mp4") if frame.index + start in rows)
        return (frame.image[: info.height, : info.width] for frame in edited), before

    masks = paste_masks(folder, manifest, (info.height, info.width), hair=hair)
    face = float(np.mean([quad_side(each) for each in corners]))
    found = asdict(measured(*videos(), masks, face))
    if not segments.followed(1):
        return found
    beside = (frame for frame in read_frames(folder / "compare.mp4") if frame.index + start in rows)
    encoded = (frame.image[: info.height, : info.width] for frame in beside)
    edited, inputs, encoded_inputs = (paired_crops(each, corners, segments) for each in (*videos(), encoded))
    return found | {"steady": steadiness(edited, encoded_inputs, inputs, flow, device)}


def measured(clip: Iterable[Image], inputs: Iterable[Image], masks: Iterable[Floats], face: float) -> Native:
    """Compare edited frames (H, W, 3) with the input's, reading each once.

    ``masks`` (H, W) in [0, 1] are those by which each frame was pasted. Raises `InputError` if lengths differ.
    """
    sharp, across = np.zeros(2), np.zeros(2)
    for number, (after, before, mask) in enumerate(zip_longest(clip, inputs, masks)):
        if after is None or before is None or mask is None:
            raise InputError(f"the clips and the masks must be of one clip: one of them ends at frame {number}")
        both = [cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32) for image in (after, before)]
        edited = np.abs(cv2.GaussianBlur(both[0] - both[1], (0, 0), BLUR)) > CHANGED
        rise = _gradient(mask)
        steep = np.hypot(*rise) > 0
        for which, grey in enumerate(both):
            sharp[which] += float(np.square(cv2.Laplacian(grey, cv2.CV_32F))[edited & (mask > 0)].sum())
            slope = _gradient(grey)
            across[which] += float(np.abs(slope[0] * rise[0] + slope[1] * rise[1])[steep].sum())
    return Native(face, *(float(a / b) if b > 0 else float("nan") for a, b in (sharp, across)))


def steadiness(
    clip: Sequence[Image],
    other: Sequence[Image],
    inputs: Sequence[Image],
    flow: FlowEstimator,
    device: torch.device | str,
) -> float:
    """The warping error of ``clip`` over that of ``other``, along the flow of ``inputs``, of pairs in these lists."""
    found = warping_errors({"edited": clip, "input": other}, inputs, flow, every=2, batch=1, device=device)
    return found["edited"].mean / found["input"].mean


def paired_crops(frames: Iterable[Image], corners: NDArray[np.floating], segments: Segments) -> list[Image]:
    """Crops of some frames and of those after them, at the frames' own size: at most 2 x `PAIRS`."""
    pairs = segments.followed(1)
    first = [pairs[place] for place in spread(len(pairs), PAIRS)]
    side = min(LARGEST, 16 * round(float(np.mean([quad_side(each) for each in corners])) / 16))
    found: dict[int, Image] = {}
    for number, frame in enumerate(frames):
        if number in first or number - 1 in first:
            found[number] = crop(frame, corners[number], side)
    return [found[number + step] for number in first for step in (0, 1)]


def paste_masks(folder: Path, manifest: Mapping[str, Any], size: tuple[int, int], *, hair: bool) -> Iterator[Floats]:
    """The masks (H, W) by which a run's frames were pasted; ``hair`` if they end at the person's outline."""
    aligned, arrays = (load_file(folder / "state" / f"{name}.safetensors") for name in ("align", "compose"))
    said = manifest.get("preset", {}).get("compositing", {})
    known = Compositing()
    how = Compositing(**{key: said.get(key, getattr(known, key)) for key in ("forehead", "dilation", "feather")})
    side = len(arrays["change"])
    people = OutlineFolder(folder / "state" / "outlines")
    for index, corners in enumerate(aligned["quads"]):
        mask = paste_mask(aligned["landmarks"][index], arrays["change"], how) * arrays["where"]
        if hair:
            mask = mask * within_outline(people[index], side, how)
        yield uncrop(np.asarray(mask * window(side, how.margin * side), np.float32), corners, size, outside=0.0)


def _gradient(image: Floats) -> tuple[Floats, Floats]:
    """Derivatives along x and y of the image, blurred by `EDGE`."""
    soft = cv2.GaussianBlur(image, (0, 0), EDGE)
    along = (cv2.Sobel(soft, cv2.CV_32F, *order) for order in ((1, 0), (0, 1)))
    x, y = (np.asarray(each, np.float32) for each in along)
    return x, y
