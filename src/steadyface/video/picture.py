"""The picture that an encoder is given for a frame: its coded samples with the change, or its image.

Also its colours before and after the change, with all their bits, for files that are not video.
"""

from dataclasses import replace
from typing import cast

import av
import numpy as np
from av.video.reformatter import ColorRange, VideoReformatter
from numpy.typing import NDArray

from steadyface.video.colour import (
    ACCURATE,
    FULL_RANGE,
    ColourTags,
    codes_of,
    swscale_matrix,
    to_rgb,
    to_yuv,
    writable,
)
from steadyface.video.orientation import Number
from steadyface.video.planes import Floats, Layout, Samples, framed, samples, with_change
from steadyface.video.reader import Frame
from steadyface.video.transfer import PQ, put_back


def coded_picture(frame: Frame, pixel_format: str, tags: ColourTags, converter: VideoReformatter) -> av.VideoFrame:
    """What an encoder of a pixel format is given for a frame."""
    lines = len(frame.image)
    if frame.coded is None:
        return to_yuv(frame.image, pixel_format, writable(tags, lines), converter)
    picture = frame.coded
    if frame.change is not None:
        change = frame.change
        if tags.trc == PQ:
            change = 255 * put_back(codes_of(picture, tags, converter), change / np.float32(255), PQ)
        picture = with_change(picture, change, tags, lines)
    if picture.format.name in (pixel_format, f"yuvj{pixel_format.removeprefix('yuv')}"):
        return picture
    if Layout.known(pixel_format).bits == 8 and pixel_format in ("yuv420p", "yuv444p"):
        return to_yuv(to_rgb(picture, tags, converter), pixel_format, writable(tags, lines), converter)
    full = tags.range == FULL_RANGE
    return converter.reformat(
        picture,
        format=pixel_format,
        src_colorspace=swscale_matrix(tags.matrix, lines),
        dst_colorspace=swscale_matrix(writable(tags, lines).matrix, lines),
        src_color_range=ColorRange.JPEG if full else ColorRange.MPEG,
        dst_color_range=ColorRange.JPEG if full else ColorRange.MPEG,
        interpolation=ACCURATE,
    )


def even(frame: Frame) -> Frame:
    """The frame with even sides: an odd one's last row or column once more, of all that the frame has.

    Chroma at every other pixel keeps its samples.
    """
    height, width = (side + side % 2 for side in frame.image.shape[:2])
    if (height, width) == frame.image.shape[:2]:
        return frame
    coded, change = frame.coded, frame.change
    if coded is not None:
        layout, planes = Layout.known(coded.format.name), samples(coded)
        for number, plane in enumerate(planes):
            down, across = (layout.down, layout.across) if number in (1, 2) else (1, 1)
            planes[number] = cast(Samples, _extended(plane, height // down, width // across))
        coded = framed(planes, coded.format.name)
    if change is not None:
        change = _extended(change, height, width)
    return replace(frame, image=_extended(frame.image, height, width), coded=coded, change=change)


def _extended(plane: NDArray[Number], height: int, width: int) -> NDArray[Number]:
    """A plane (H, W) or picture (H, W, C) with its last row and column repeated up to a size."""
    more = [(0, height - plane.shape[0]), (0, width - plane.shape[1]), *[(0, 0)] * (plane.ndim - 2)]
    return np.pad(plane, more, mode="edge")


def codes_before_and_after(frame: Frame, tags: ColourTags, converter: VideoReformatter) -> tuple[Floats, Floats]:
    """RGB codes (H, W, 3) in [0, 1] of a frame that has its coded picture: as coded, and changed, not rounded."""
    assert frame.coded is not None
    before = codes_of(frame.coded, tags, converter)
    if frame.change is None:
        return before, before
    return before, np.clip(before + put_back(before, frame.change / np.float32(255), tags.trc), 0, 1)


def alpha_of(frame: Frame) -> Floats | None:
    """The alpha (H, W) in [0, 1] of a frame's coded picture, if it has one."""
    if frame.coded is None or not Layout.known(frame.coded.format.name).alpha:
        return None
    top = 2 ** Layout.known(frame.coded.format.name).bits - 1
    return np.asarray(samples(frame.coded)[3] / np.float32(top), np.float32)
