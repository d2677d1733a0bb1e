"""The picture that an encoder is given for a frame: its coded samples with the change, or its image.

Also its colours before and after the change, with all their bits, for files that are not video.
"""

import av
import numpy as np
from av.video.reformatter import ColorRange, VideoReformatter

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
from steadyface.video.planes import Floats, Layout, samples, with_change
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
