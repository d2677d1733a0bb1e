"""Pictures in rows and columns, with labels, for people who judge a result."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from steadyface.errors import InputError
from steadyface.metrics.evaluate import find_parts
from steadyface.report.labels import PAPER, Image, text_line


def contact_sheet(
    rows: Sequence[Sequence[Image]],
    labels: Sequence[str],
    columns: Sequence[str] = (),
    *,
    gap: int = 4,
    line: int = 24,
) -> Image:
    """Lay out pictures of one size, RGB uint8 (H, W, 3), unscaled, on a white background.

    Args:
        rows: all of the same length.
        labels: one for each row, at its left.
        columns: one for each column, above it; none by default.
        gap: px between pictures and around the sheet.
        line: the height of a line of text, px.

    Raises:
        InputError: there is nothing to show, or the counts or sizes don't fit.
    """
    sizes = {picture.shape for row in rows for picture in row}
    if len(sizes) != 1 or len({len(row) for row in rows}) != 1:
        raise InputError("a contact sheet takes rows of equally many pictures of one size")
    if len(labels) != len(rows) or (columns and len(columns) != len(rows[0])):
        raise InputError("a contact sheet takes one label for each row, and one for each column or none")
    height, width, _ = sizes.pop()
    names = [text_line(label, min(line, height)) for label in labels]
    left = max(name.shape[1] for name in names) + gap
    top = (line if columns else 0) + gap
    count = len(rows[0])
    sheet = np.full((top + len(rows) * (height + gap), left + count * (width + gap), 3), PAPER, np.uint8)
    for column, text in enumerate(columns):
        at = left + column * (width + gap)
        sheet[:line, at : at + width] = text_line(text, line, width, centred=True)
    for number, (row, name) in enumerate(zip(rows, names, strict=True)):
        at = top + number * (height + gap)
        middle = at + (height - len(name)) // 2
        sheet[middle : middle + len(name), : name.shape[1]] = name
        for column, picture in enumerate(row):
            start = left + column * (width + gap)
            sheet[at : at + height, start : start + width] = picture
    return sheet


def run_sheet(folder: Path, indices: Sequence[int]) -> Image:
    """Show the versions of a run (input, inverted, direct, edited; those that exist) at the frames `indices`.

    Raises:
        InputError: the folder isn't a run, or has no such frames.
    """
    parts = find_parts(folder)
    count = len(parts["input"])
    if not indices or not all(0 <= index < count for index in indices):
        raise InputError(f"{folder} has frames 0 to {count - 1}: choose among them")
    rows = [[crops[index] for index in indices] for crops in parts.values()]
    return contact_sheet(rows, list(parts), [f"frame {index}" for index in indices])
