"""Strength over time: ``--edit age:0@0s,1@3s``, or keyframes from a CSV file. Importing it doesn't import torch."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from steadyface.errors import InputError


@dataclass(frozen=True)
class Curve:
    """Shares of an edit's strength at some times, and smooth ways between them."""

    seconds: tuple[float, ...]
    """Rising, from the first frame of the video."""
    shares: tuple[float, ...]
    """Each in [0, 1], of which one is 1."""

    def at(self, seconds: NDArray[np.floating]) -> NDArray[np.float64]:
        """The shares at these times. Before the first keyframe and after the last one they are theirs.

        Between two, the share eases in and out: 3 x^2 - 2 x^3 of the way, whose slope is 0 at both ends.
        """
        times, shares = np.array(self.seconds), np.array(self.shares)
        place = np.clip(np.searchsorted(times, seconds, side="right"), 1, max(len(times) - 1, 1))
        if len(times) == 1:
            return np.full(np.shape(seconds), shares[0])
        before, after = times[place - 1], times[place]
        way = np.clip((seconds - before) / (after - before), 0, 1)
        eased = way * way * (3 - 2 * way)
        return np.asarray(shares[place - 1] + eased * (shares[place] - shares[place - 1]), np.float64)


def with_peaks(texts: Sequence[str]) -> tuple[list[str], Curve | None]:
    """Edits with their largest strengths, ``age:1``, of texts like ``age:0@0s,1@3s`` or ``age:@FILE.csv``; their curve.

    Edits without a curve are taken as they are. All with one must have the same, up to their strengths: `InputError`
    otherwise, and for a curve that can't be read.
    """
    plain, curves = list[str](), list[Curve]()
    for text in texts:
        name, colon, strength = text.partition(":@") if ":@" in text else text.rpartition(":")
        if colon == ":@":
            strength = f"@{strength}"
        if not colon or "@" not in strength:
            plain.append(text)
            continue
        peak, curve = _read(strength, text)
        plain.append(f"{name}:{peak:g}")
        curves.append(curve)
    if any(curve != curves[0] for curve in curves) or 0 < len(curves) < len(plain):
        raise InputError("the edits of one person follow one curve; give each the same times, in proportion")
    return plain, curves[0] if curves else None


def _read(strength: str, text: str) -> tuple[float, Curve]:
    """The strongest value, and the curve over it."""
    rows = (
        _of_file(Path(strength[1:]))
        if strength.startswith("@")
        else [_keyframe(each, text) for each in strength.split(",")]
    )
    seconds, values = [row[0] for row in rows], [row[1] for row in rows]
    if not rows or any(b <= a for a, b in pairwise(seconds)):
        raise InputError(f"--edit {text}: the times of its keyframes must rise")
    if min(values) < 0 < max(values):
        raise InputError(
            f"--edit {text}: strengths must not change their sign; give the opposite edit a run of its own"
        )
    peak = max(values, key=abs)
    if peak == 0:
        raise InputError(f"--edit {text}: all of its strengths are 0")
    return peak, Curve(tuple(seconds), tuple(value / peak for value in values))


def _keyframe(text: str, whole: str) -> tuple[float, float]:
    """(seconds, strength) of ``0.5@3s``."""
    value, _, time = text.partition("@")
    try:
        return float(time.removesuffix("s")), float(value)
    except ValueError:
        raise InputError(f"--edit {whole}: '{text}' is not a keyframe; write it like 0.5@3s") from None


def _of_file(path: Path) -> list[tuple[float, float]]:
    """(seconds, strength) in each line of a CSV file; a first line of words is left out."""
    try:
        lines = [row for row in csv.reader(path.read_text(encoding="utf-8-sig").splitlines()) if row]
        if lines and not _is_number(lines[0][0]):
            lines = lines[1:]
        return [(float(row[0]), float(row[1])) for row in lines]
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} can't be read: {getattr(error, 'strerror', None) or 'it is not text'}") from error
    except (ValueError, IndexError) as error:
        raise InputError(f"{path}: every line needs a time in seconds and a strength, like 3,0.5") from error


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
