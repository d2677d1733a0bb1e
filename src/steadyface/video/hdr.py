"""What HDR10 states beside the pictures: the display that it was mastered on, and its light levels."""

import struct
from collections.abc import Mapping
from fractions import Fraction
from typing import cast

import av


def hdr_parameters(frame: av.VideoFrame) -> str:
    """x265's parameters for the mastering display and the light levels that a frame states; empty if it states none.

    They are read from FFmpeg's `AVMasteringDisplayMetadata` and `AVContentLightMetadata`.
    """
    found = []
    try:
        side_data = cast(Mapping[str, bytes], frame.side_data)
        display, light = (side_data.get(name) for name in ("MASTERING_DISPLAY_METADATA", "CONTENT_LIGHT_LEVEL"))
    except ValueError:  # PyAV can't list a frame's side data if it doesn't know the kind of one of them
        return ""
    if display is not None:
        numbers = struct.unpack("=20i2i", bytes(display)[:88])
        ratios = [Fraction(a, b) if b else Fraction(0) for a, b in zip(numbers[0:20:2], numbers[1:20:2], strict=True)]
        red, green, blue, white = (tuple(round(50_000 * each) for each in ratios[k : k + 2]) for k in (0, 2, 4, 6))
        low, high = (round(10_000 * each) for each in ratios[8:10])
        if numbers[20] and numbers[21]:
            places = "".join(f"{name}({x},{y})" for name, (x, y) in zip("GBR", (green, blue, red), strict=True))
            found.append(f"master-display={places}WP({white[0]},{white[1]})L({high},{low})")
    if light is not None:
        most, average = cast(tuple[int, int], struct.unpack("=2I", bytes(light)[:8]))
        found.append(f"max-cll={most},{average}")
    return ":".join(["hdr10=1", "repeat-headers=1", *found]) if found else ""
