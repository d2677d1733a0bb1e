"""How the coded picture is turned for display: the display matrix, reduced to quarter turns and mirrors."""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar, cast

import av
import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.uint8]
Number = TypeVar("Number", bound=np.generic)


@dataclass(frozen=True)
class Orientation:
    """A coded picture is displayed by transposing it, then mirroring it left-right, then upside down.

    The three switches reach all eight ways of laying a picture on a screen.
    """

    transpose: bool = False
    mirror_x: bool = False
    mirror_y: bool = False

    @property
    def rotation(self) -> int:
        """Degrees counter-clockwise (0, 90, 180, 270) by which the coded x axis is turned for display."""
        if self.transpose:
            return 90 if self.mirror_y else 270
        return 180 if self.mirror_x else 0


def orientation_of(frame: av.VideoFrame) -> Orientation:
    """Read the orientation that the container attached to a decoded frame; upright if there is none.

    The matrix is that of ISO/IEC 14496-12 section 8.3.2 (`tkhd`), in the form of FFmpeg's `libavutil/display.h`:
    nine 32-bit numbers (a b u / c d v / x y w) with x' = a x + c y, y' = b x + d y. Other angles than quarter
    turns are rounded to the nearest one.
    """
    try:
        data = cast(Mapping[str, bytes], frame.side_data).get("DISPLAYMATRIX")
    except ValueError:
        # PyAV can't list a frame's side data if it doesn't know the kind of one of them.
        return _turned(frame.rotation)
    if data is None:
        return Orientation()
    a, b, _, c, d = struct.unpack("=5i", bytes(data)[:20])
    if abs(b) + abs(c) > abs(a) + abs(d):
        return Orientation(True, mirror_x=c < 0, mirror_y=b < 0)
    return Orientation(False, mirror_x=a < 0, mirror_y=d < 0)


def _turned(degrees: int) -> Orientation:
    quarter_turns = round(degrees / 90) % 4
    return Orientation(
        transpose=quarter_turns in (1, 3), mirror_x=quarter_turns in (2, 3), mirror_y=quarter_turns in (1, 2)
    )


def upright(image: npt.NDArray[Number], orientation: Orientation) -> npt.NDArray[Number]:
    """Turn a coded picture (H, W, C) as it is displayed, (W, H, C) when transposed; contiguous."""
    if orientation.transpose:
        image = image.transpose(1, 0, 2)
    if orientation.mirror_x:
        image = image[:, ::-1]
    if orientation.mirror_y:
        image = image[::-1]
    return np.ascontiguousarray(image)
