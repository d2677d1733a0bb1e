"""A folder of pictures as a video: its pictures in the order of their names."""

import re
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av

from steadyface.errors import InputError

KINDS = frozenset((".bmp", ".dpx", ".exr", ".jpeg", ".jpg", ".png", ".ppm", ".tga", ".tif", ".tiff", ".webp"))
"""Extensions of pictures; other files in the folder are ignored."""
RATE = Fraction(25)
"""Frames a second, if nothing is said."""


def pictures_in(folder: Path) -> list[Path]:
    """The pictures of a folder; numbers in names count as numbers. Raises `InputError` if there are none."""
    found = [path for path in folder.iterdir() if path.suffix.lower() in KINDS and not path.name.startswith(".")]
    if not found:
        raise InputError(f"{folder}: no pictures in this folder; give a video file, or a folder of PNG or JPEG files")
    return sorted(found, key=_in_order)


def _in_order(path: Path) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", path.name)]


def decoded_pictures(folder: Path) -> Iterator[av.VideoFrame]:
    """Decode the pictures of a folder, with their numbers as timestamps.

    Raises `InputError`: there are none, or one can't be read; the message names it.
    """
    for index, path in enumerate(pictures_in(folder)):
        frame = decoded_picture(path)
        frame.pts = index
        yield frame


def decoded_picture(path: Path) -> av.VideoFrame:
    """Decode one picture. Raises `InputError` if it can't be read."""
    try:
        with av.open(str(path.absolute()), metadata_errors="surrogateescape") as container:
            frame = next(container.decode(video=0), None) if container.streams.video else None
    except (av.FFmpegError, OSError) as error:
        raise InputError(f"{path}: not a readable picture ({error.strerror}); leave it out or repair it") from error
    if frame is None:
        raise InputError(f"{path}: there is no picture in this file; leave it out or repair it")
    return frame
