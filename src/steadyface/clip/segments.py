"""The frames of a file in which a person is: runs of consecutive ones, of which none goes on across a cut."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Segments:
    """Of a clip's T rows: where each is in the file, and which follow each other there."""

    numbers: NDArray[np.int64]
    """(T,): the frames' numbers in the file, rising."""
    starts: tuple[int, ...]
    """The rows that begin a segment; the first is 0."""
    fades: tuple[tuple[bool, bool], ...]
    """Of each segment whether the person appears at its start, and leaves at its end, while the shot goes on."""
    shots: tuple[int, ...]
    """Of each segment the shot that it is in, counted from 0 among those in which the person is."""

    @classmethod
    def whole(cls, count: int, first: int = 0) -> "Segments":
        """One segment of ``count`` frames."""
        return cls(np.arange(first, first + count), (0,), ((False, False),), (0,))

    def __len__(self) -> int:
        return len(self.numbers)

    @cached_property
    def ranges(self) -> tuple[range, ...]:
        """The rows of each segment."""
        return tuple(map(range, self.starts, (*self.starts[1:], len(self))))

    @cached_property
    def rows(self) -> dict[int, int]:
        """Each frame's row, by its number in the file."""
        return {int(number): row for row, number in enumerate(self.numbers)}

    @cached_property
    def of_row(self) -> NDArray[np.int64]:
        """(T,): each row's segment."""
        return np.repeat(np.arange(len(self.ranges)), [len(each) for each in self.ranges])

    def around(self, row: int) -> range:
        """The rows of a row's segment."""
        return self.ranges[int(self.of_row[row])]

    def followed(self, distance: int) -> list[int]:
        """The rows of which another one of their segment is ``distance`` frames behind."""
        return [row for rows in self.ranges for row in rows[: max(len(rows) - distance, 0)]]

    def part(self, rows: Sequence[int]) -> "Segments":
        """Some of the rows as a clip of its own, in which they follow each other."""
        return Segments(self.numbers[list(rows)], (0,), ((False, False),), (0,))

    def each(self, function: Callable[[Array], Array], series: NDArray[np.floating]) -> Array:
        """Apply a function of a series (t, ...) over time to each segment of one (T, ...)."""
        return np.concatenate(
            [function(np.asarray(series[rows.start : rows.stop], np.float64)) for rows in self.ranges]
        )

    @cached_property
    def shot_of_row(self) -> NDArray[np.int64]:
        """(T,): each row's shot."""
        return np.asarray(self.shots)[self.of_row]

    def weights(self, frames: float) -> Array:
        """How much of the edit each row shows, (T,) in (0, 1]: it comes and goes in so many ``frames``, smoothly."""
        found = np.ones(len(self))
        for rows, (comes, goes) in zip(self.ranges, self.fades, strict=True):
            steps = np.arange(1, len(rows) + 1) / (frames + 1)
            ramp = np.minimum(steps if comes else 1.0, steps[::-1] if goes else 1.0) * np.ones(len(rows))
            ramp = np.clip(ramp, 0, 1)
            found[rows.start : rows.stop] = ramp * ramp * (3 - 2 * ramp)
        return found


def arrays_of(segments: Segments) -> dict[str, NDArray[np.int64]]:
    """Segments as arrays, for a file."""
    return {
        "numbers": segments.numbers.astype(np.int64),
        "segments": np.array([(a, *fades, shot) for a, fades, shot in _rows(segments)], np.int64),
    }


def segments_of(arrays: Mapping[str, NDArray[Any]], first: int = 0) -> Segments:
    """The inverse of `arrays_of`, among other arrays.

    Runs of earlier versions are without: they were of one segment, from the frame ``first`` on.
    """
    if "segments" not in arrays:
        return Segments.whole(len(arrays["quads"]), first)
    rows = arrays["segments"].tolist()
    return Segments(
        np.asarray(arrays["numbers"], np.int64),
        tuple(start for start, *_ in rows),
        tuple((bool(comes), bool(goes)) for _, comes, goes, _ in rows),
        tuple(shot for *_, shot in rows),
    )


def _rows(segments: Segments) -> Iterator[tuple[int, tuple[bool, bool], int]]:
    return zip(segments.starts, segments.fades, segments.shots, strict=True)
