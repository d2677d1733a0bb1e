"""What a file has that a video should not have, found by reading it once; `remarks` says what is done about it."""

from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

import av

from steadyface.video.info import open_video, picture_stream, probe
from steadyface.video.packets import Pictures
from steadyface.video.reader import read_frames
from steadyface.video.sound_track import Condition, conditions


@dataclass(frozen=True)
class Survey:
    """What is said of a file's pictures by `packets.Pictures`, and of its sound by `sound_track.conditions`."""

    left_out: int
    jumps: tuple[tuple[Fraction, Fraction], ...]
    sound: tuple[Condition, ...]
    missing: Fraction = Fraction(0)
    """Seconds at its end that the file promises, but has neither pictures nor sound of."""


def survey(path: Path) -> Survey:
    """Read all packets of a file and decode its sound; kept while the file's size and time stay the same.

    Raises `InputError` for what `probe` refuses.
    """
    if path.is_dir():
        return Survey(0, (), ())
    found = path.stat()
    return _survey(path, found.st_size, found.st_mtime_ns)


@lru_cache(16)
def _survey(path: Path, size: int, modified: int) -> Survey:
    ticks = probe(path).nominal_ticks
    with open_video(path) as container:
        stream = picture_stream(container, path)
        pictures = Pictures(container, stream, ticks)
        with suppress(av.FFmpegError):  # reading the pictures says where
            for _ in pictures.packets():
                pass
    with open_video(path) as container:
        sound = conditions(container, [shift for _, shift in pictures.jumps])
        # Only in Matroska the length is stated once for the whole file, and stays if a part of it is lost
        stated = Fraction(container.duration or 0, av.time_base) if "matroska" in container.format.name else Fraction(0)
    end = max([pictures.end, *(each.end for each in sound if each.end is not None)])
    return Survey(pictures.left_out, tuple(pictures.jumps), sound, max(Fraction(0), stated - end))


def count_frames(path: Path, start: int, stop: int | None) -> int:
    """Decode frames ``start`` .. ``stop`` - 1 of a file, and count them; kept like the survey.

    Raises `InputError` for what `read_frames` refuses.
    """
    if path.is_dir():
        return sum(1 for _ in read_frames(path, start, stop))
    found = path.stat()
    return _count_frames(path, start, stop, found.st_size, found.st_mtime_ns)


@lru_cache(16)
def _count_frames(path: Path, start: int, stop: int | None, size: int, modified: int) -> int:
    return sum(1 for _ in read_frames(path, start, stop))
