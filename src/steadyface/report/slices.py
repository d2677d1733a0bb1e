"""x-t slices: one line of pixels over time. Flicker is a horizontal stripe, jitter a ragged edge.

As in figure 6 of Xu et al., "Temporally Consistent Semantic Video Editing" (ECCV 2022).
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from steadyface.errors import InputError
from steadyface.metrics.evaluate import find_parts
from steadyface.metrics.frames import Frames
from steadyface.report.contact_sheet import contact_sheet
from steadyface.report.labels import PAPER, Image

ON_A_LINE = 4


def xt_slice(frames: Frames, y: int, scale: int = 1) -> Image:
    """Row `y` (from 0) of every frame (H, W, 3), first frame on top, each repeated `scale` times: (T * scale, W, 3).

    Raises:
        InputError: there are no frames, or they have no such row.
    """
    if not len(frames):
        raise InputError("an x-t slice needs at least one frame")
    height = frames[0].shape[0]
    if not 0 <= y < height:
        raise InputError(f"row {y} is outside the frames: choose 0 to {height - 1}")
    rows = np.stack([frames[index][y] for index in range(len(frames))])
    return np.repeat(rows, scale, axis=0)


def slices_figure(folder: Path, y: int | None = None, scale: int = 3) -> Image:
    """Show the slices of a run side by side: input, direct and edited, if they exist.

    Raises:
        InputError: the folder isn't a run, or there is no such row.
    """
    parts = find_parts(folder)
    return slices_of({name: parts[name] for name in ("input", "direct", "edited") if name in parts}, y, scale)


def slices_of(clips: Mapping[str, Frames], y: int | None = None, scale: int = 3) -> Image:
    """Show the slices of clips of one size side by side, under their names, four on a line.

    `y` is a row of the crops, by default the eyes' at 0.47 of the height, where most edits show.

    Raises:
        InputError: there is no such row.
    """
    row = round(0.47 * next(iter(clips.values()))[0].shape[0]) if y is None else y
    slices = [xt_slice(frames, row, scale) for frames in clips.values()]
    names = [f"{name}, y = {row}" for name in clips]
    lines = [
        contact_sheet([slices[start : start + ON_A_LINE]], ["time"], names[start : start + ON_A_LINE])
        for start in range(0, len(slices), ON_A_LINE)
    ]
    missing = lines[0].shape[1] - lines[-1].shape[1]
    lines[-1] = np.pad(lines[-1], ((0, 0), (0, missing), (0, 0)), constant_values=PAPER)
    return np.concatenate(lines)
