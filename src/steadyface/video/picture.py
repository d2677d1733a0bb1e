"""The picture that an encoder is given for a frame: its coded samples with the change, or its image."""

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
from steadyface.video.planes import Layout, with_change
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
