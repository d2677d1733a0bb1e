"""Pictures as a folder of files, one a frame: PNG, or OpenEXR in linear light."""

import os
import shutil
import struct
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from steadyface.errors import InputError
from steadyface.video.colour import UNSPECIFIED, ColourTags
from steadyface.video.reader import Frame
from steadyface.video.writer import target_errors

Floats = NDArray[np.floating]

PRIMARIES = {
    1: (0.64, 0.33, 0.30, 0.60, 0.15, 0.06, 0.3127, 0.3290),
    5: (0.64, 0.33, 0.29, 0.60, 0.15, 0.06, 0.3127, 0.3290),
    6: (0.63, 0.34, 0.31, 0.595, 0.155, 0.07, 0.3127, 0.3290),
    7: (0.63, 0.34, 0.31, 0.595, 0.155, 0.07, 0.3127, 0.3290),
    9: (0.708, 0.292, 0.170, 0.797, 0.131, 0.046, 0.3127, 0.3290),
    12: (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, 0.3127, 0.3290),
}
"""H.273, table 2: x and y of red, green, blue and white, by the tag. EXR files without them are of tag 1."""


@dataclass(frozen=True)
class About:
    """What a picture's file says of it."""

    colour: ColourTags
    pixel_aspect: Fraction
    rate: Fraction
    """Frames per second."""
    notes: Mapping[str, str]
    """Such as title and comment."""


Writer = Callable[[Frame, Path], None]
"""Writes a frame to a file."""


class PictureFolder:
    """A folder of one file a frame, named by the frames' numbers: all are there, or none is.

    They are written to ``<name>.part``, which gets its name at the end; after any error nothing is left.
    """

    def __init__(self, path: Path, suffix: str, written: Writer) -> None:
        """Raises `ResourceError` if the folder can't be made."""
        self.path, self._suffix, self._written = path, suffix, written
        self._partial = path.with_name(path.name + ".part")
        with target_errors(path):
            shutil.rmtree(self._partial, ignore_errors=True)
            self._partial.mkdir()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        try:
            if kind is None:
                with target_errors(self.path):
                    shutil.rmtree(self.path, ignore_errors=True)
                    os.replace(self._partial, self.path)
        finally:
            shutil.rmtree(self._partial, ignore_errors=True)

    def write(self, frame: Frame) -> None:
        """Add a frame. Raises `ResourceError` if it can't be written."""
        with target_errors(self.path):
            self._written(frame, self._partial / f"{frame.index:06d}.{self._suffix}")


def png_of(codes: Floats, alpha: Floats | None, bits: int, about: About) -> bytes:
    """A PNG of codes (H, W, 3) and alpha (H, W), in [0, 1], with 8 or 16 bits a sample.

    It says its colours by their tags (chunk cICP of PNG's third edition), its pixels' shape and the notes.
    """
    top = 2 ** (16 if bits > 8 else 8) - 1
    planes = [codes[..., ::-1]] + ([alpha[..., None]] if alpha is not None else [])
    whole = np.rint(top * np.concatenate(planes, axis=2)).astype(np.uint16 if top > 255 else np.uint8)
    plain = cv2.imencode(".png", whole)[1].tobytes()
    chunks = [_chunk(b"iTXt", f"{key}\0\0\0\0\0{text}".encode()) for key, text in about.notes.items()]
    if UNSPECIFIED not in (about.colour.primaries, about.colour.trc):
        chunks.append(_chunk(b"cICP", bytes((about.colour.primaries, about.colour.trc, 0, 1))))
    shape = about.pixel_aspect
    if shape != 1:  # pixels per unit along x and y
        chunks.append(_chunk(b"pHYs", struct.pack(">IIB", shape.denominator, shape.numerator, 0)))
    return plain[:_HEADER] + b"".join(chunks) + plain[_HEADER:]


_HEADER = 8 + 25
"""Bytes of PNG's signature and its first chunk, IHDR."""


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def write_exr(path: Path, light: Floats, alpha: Floats | None, about: About) -> None:
    """Write light (H, W, 3), linear, white being 1, and alpha (H, W) as OpenEXR: half floats, compressed by ZIP.

    Raises `InputError` without the library, and `OSError`.
    """
    library = openexr()
    planes = [light] + ([alpha[..., None]] if alpha is not None else [])
    header: dict[str, Any] = {
        "compression": library.ZIP_COMPRESSION,
        "type": library.scanlineimage,
        "framesPerSecond": about.rate,
        "pixelAspectRatio": float(about.pixel_aspect),
        **about.notes,
    }
    if about.colour.primaries in PRIMARIES:
        header["chromaticities"] = PRIMARIES[about.colour.primaries]
    pixels = np.ascontiguousarray(np.concatenate(planes, axis=2).astype(np.float16))
    try:
        library.File(header, {"RGB" if alpha is None else "RGBA": pixels}).write(str(path))
    except RuntimeError as error:  # what the library makes of an error of the system
        raise OSError(0, str(error)) from error


def openexr() -> Any:
    """The library. Raises `InputError` if it isn't installed."""
    try:
        import OpenEXR
    except ImportError as error:
        raise InputError('EXR needs OpenEXR: pip install "steadyface[exr]"') from error
    return OpenEXR
