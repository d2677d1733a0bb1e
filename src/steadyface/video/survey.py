"""What a file has that a video should not have, found by reading its packets once: what is done about it, in lines."""

from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

import av

from steadyface.video.info import open_video, picture_stream, probe
from steadyface.video.packets import Pictures
from steadyface.video.sound_track import Condition, conditions


@dataclass(frozen=True)
class Survey:
    """What is said of a file's pictures by `packets.Pictures`, and of its sound by `sound_track.conditions`."""

    left_out: int
    jumps: tuple[tuple[Fraction, Fraction], ...]
    sound: tuple[Condition, ...]


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
        pictures = Pictures(container, picture_stream(container, path), ticks)
        with suppress(av.FFmpegError):  # reading the pictures says where
            for _ in pictures.packets():
                pass
    with open_video(path) as container:
        sound = conditions(container, [shift for _, shift in pictures.jumps])
    return Survey(pictures.left_out, tuple(pictures.jumps), sound)
