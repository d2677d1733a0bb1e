"""The coded samples of a frame, of any depth, and a change that is added to them.

A change of RGB is a change of YUV, since the matrix is linear: where nothing is changed, samples stay as they were
decoded, bit for bit, and an alpha plane is never touched.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import av
import numpy as np
from av.video.reformatter import ColorRange, Interpolation, VideoReformatter
from numpy.typing import NDArray

from steadyface.video.colour import ACCURATE, FULL_RANGE, ColourTags, luma_weights, swscale_matrix
from steadyface.video.orientation import Orientation, upright

Floats = NDArray[np.float32]
Samples = NDArray[np.uint8] | NDArray[np.uint16]

HIDES = 16.0
"""Levels from which on a change is thought to hide what is there."""
_NO_LOSS = {
    "nv12": "yuv420p", "nv21": "yuv420p", "nv16": "yuv422p", "nv24": "yuv444p", "yuyv422": "yuv422p",
    "uyvy422": "yuv422p", "p010le": "yuv420p10le", "p210le": "yuv422p10le", "p012le": "yuv420p12le",
    "p016le": "yuv420p16le", "y210le": "yuv422p10le", "rgb24": "gbrp", "bgr24": "gbrp", "bgr0": "gbrp", "rgb0": "gbrp",
    "rgba": "gbrap", "bgra": "gbrap", "argb": "gbrap", "rgb48le": "gbrp16le", "rgb48be": "gbrp16le",
    "rgba64le": "gbrap16le", "rgba64be": "gbrap16le",
}  # fmt: skip
"""Planar formats that hold what these hold."""


@dataclass(frozen=True)
class Layout:
    """What is known of a planar pixel format."""

    bits: int
    rgb: bool
    alpha: bool
    across: int
    """Pixels per chroma sample along x."""
    down: int

    @classmethod
    def of(cls, name: str) -> "Layout | None":
        """Of a format by FFmpeg's name; None for one that isn't planar with 8 to 16 bits, whole numbers of this
        machine's byte order, and chroma at every or every other pixel."""
        form = av.VideoFormat(name, 16, 16)
        parts = form.components
        bits = {part.bits for part in parts}
        if len(parts) < 3 or len(bits) != 1 or not 8 <= parts[0].bits <= 16 or form.is_big_endian:
            return None
        if len({part.plane for part in parts}) != len(parts) or "f16" in name:
            return None
        across, down = (16 // side for side in (parts[1].width, parts[1].height))
        if not {across, down} <= {1, 2}:
            return None
        return cls(parts[0].bits, form.is_rgb, len(parts) == 4, across, down)

    @classmethod
    def known(cls, name: str) -> "Layout":
        """Of a format that `planar` has made. Raises `ValueError` for another one."""
        found = cls.of(name)
        if found is None:
            raise ValueError(f"{name} is not a planar format of 8 to 16 bits")
        return found


def planar_name(pixel_format: str) -> str:
    """The format that `planar` makes of one."""
    return pixel_format if Layout.of(pixel_format) is not None else _NO_LOSS.get(pixel_format, "yuv444p")


def planar(frame: av.VideoFrame, converter: VideoReformatter) -> av.VideoFrame:
    """The frame in a planar format that `Layout` knows, without loss where there is one, else 4:4:4 of 8 bits."""
    name = planar_name(frame.format.name)
    if name == frame.format.name:
        return frame
    return converter.reformat(frame, format=name, interpolation=Interpolation.BICUBIC | Interpolation.ACCURATE_RND)


def samples(frame: av.VideoFrame) -> list[Samples]:
    """The planes of a planar frame as arrays (h, w) that share its memory."""
    kind: type[np.uint8] | type[np.uint16] = np.uint8 if frame.format.components[0].bits == 8 else np.uint16
    size, found = np.dtype(kind).itemsize, list[Samples]()
    for plane in frame.planes:
        rows = np.frombuffer(memoryview(plane), kind).reshape(-1, plane.line_size // size)
        found.append(cast(Samples, rows[: plane.height, : plane.width]))
    return found


def framed(planes: Sequence[Samples], name: str) -> av.VideoFrame:
    """The inverse of `samples`."""
    height, width = planes[0].shape
    frame = av.VideoFrame(width, height, name)
    for target, source in zip(samples(frame), planes, strict=True):
        target[:] = source
    return frame


def with_change(frame: av.VideoFrame, change: Floats, tags: ColourTags, lines: int) -> av.VideoFrame:
    """A planar frame and a change (H, W, 3) of its RGB, in levels of 255: a new frame of the same format.

    ``lines`` are those of the coded picture, by which a missing matrix is guessed. Colours that are coded beyond what
    RGB can show, which the change knows nothing of, are given up where the change is `HIDES` or more.
    """
    name, layout = frame.format.name, Layout.known(frame.format.name)
    old, top = samples(frame), 2**layout.bits - 1
    if layout.rgb:
        steps = [top / 255 * change[..., channel] for channel in (1, 2, 0)]
    else:
        coding = Coding.of(layout, tags, lines)
        share = np.clip(np.abs(change).max(axis=2, keepdims=True) / HIDES, 0, 1)
        shown = coding.rgb_of(old, layout)
        change = change - share * (shown - np.clip(shown, 0, 255))
        luma, *chroma = coding.steps_of(change)
        steps = [luma, *(reduced(each, layout.across, layout.down) for each in chroma)]
    new = [np.clip(np.rint(a + b), 0, top).astype(a.dtype) for a, b in zip(old, steps, strict=False)]
    return framed([*new, *old[len(new) :]], name)


@dataclass(frozen=True)
class Coding:
    """How RGB, in levels of 255, is coded as luma and chroma (H.273, section 8.3)."""

    red: float
    """What red adds to luma."""
    blue: float
    """What blue adds to it."""
    black: float
    """The luma sample of black."""
    luma: float
    """Luma's samples in a level."""
    chroma: float
    """Chroma's samples in a level."""
    grey: float
    """The chroma samples of greys."""

    @classmethod
    def of(cls, layout: Layout, tags: ColourTags, lines: int) -> "Coding":
        """Of a picture of so many lines, by its tags."""
        red, _, blue = luma_weights(swscale_matrix(tags.matrix, lines))
        whole, eighth = (2**layout.bits - 1) / 255, 2.0 ** (layout.bits - 8)
        if tags.range == FULL_RANGE:
            return cls(red, blue, 0.0, whole, whole, 128 * eighth)
        return cls(red, blue, 16 * eighth, eighth * 219 / 255, eighth * 224 / 255, 128 * eighth)

    def steps_of(self, change: Floats) -> tuple[Floats, Floats, Floats]:
        """The changes (H, W) of luma and of both chroma planes, in samples."""
        luma = change @ np.array([self.red, 1 - self.red - self.blue, self.blue], np.float32)
        blues = (change[..., 2] - luma) / (2 * (1 - self.blue))
        reds = (change[..., 0] - luma) / (2 * (1 - self.red))
        made = (np.asarray(each, np.float32) for each in (self.luma * luma, self.chroma * blues, self.chroma * reds))
        luma, blues, reds = made
        return luma, blues, reds

    def rgb_of(self, planes: Sequence[Samples], layout: Layout) -> Floats:
        """Colours (H, W, 3), also those that RGB can't show; a chroma sample counts for its pixels alike."""
        height, width = planes[0].shape
        luma = (planes[0].astype(np.float32) - self.black) / self.luma
        wide = (each.astype(np.float32).repeat(layout.down, 0).repeat(layout.across, 1) for each in planes[1:3])
        blues, reds = ((each[:height, :width] - self.grey) / self.chroma for each in wide)
        blue, red = luma + 2 * (1 - self.blue) * blues, luma + 2 * (1 - self.red) * reds
        green = (luma - self.red * red - self.blue * blue) / (1 - self.red - self.blue)
        return np.stack([red, green, blue], axis=-1)


def reduced(plane: Floats, across: int, down: int) -> Floats:
    """A plane (H, W) at the chroma samples' places: of pairs of lines the mean, (1 2 1) / 4 about every even column.

    These are H.264's places, if it doesn't say otherwise (figure E-1, type 0). Odd sides are rounded up.
    """
    if down == 2:
        even = np.concatenate([plane, plane[-1:]]) if len(plane) % 2 else plane
        plane = np.asarray((even[0::2] + even[1::2]) / 2, np.float32)
    if across == 2:
        wide = np.pad(plane, ((0, 0), (1, 1 + plane.shape[1] % 2)), mode="edge")
        plane = np.asarray((wide[:, 0:-2:2] + 2 * wide[:, 1:-1:2] + wide[:, 2::2]) / 4, np.float32)
    return plane


def turned(frame: av.VideoFrame, orientation: Orientation, converter: VideoReformatter) -> av.VideoFrame:
    """A planar frame as it is displayed. Upright ones are returned as they are; others lose chroma's exact place."""
    if orientation == Orientation():
        return frame
    name = frame.format.name
    layout = Layout.known(name)
    full = name if layout.rgb else name.replace("420", "444").replace("422", "444").replace("440", "444")
    if full != name:
        frame = converter.reformat(
            frame, format=full, src_color_range=ColorRange.MPEG, dst_color_range=ColorRange.MPEG, interpolation=ACCURATE
        )
    planes = [np.ascontiguousarray(upright(plane[..., None], orientation)[..., 0]) for plane in samples(frame)]
    if full == name:
        return framed(planes, name)
    chroma = [np.rint(reduced(each.astype(np.float32), layout.across, layout.down)) for each in planes[1:3]]
    return framed([planes[0], *(each.astype(planes[0].dtype) for each in chroma), *planes[3:]], name)
