"""Colour tags, and the conversion between YUV pictures and RGB arrays that honours them in both directions.

Tags are the numbers of ISO/IEC 23091-2 (H.273), which FFmpeg uses as they are. Only matrix and range enter
the conversion. Primaries and transfer are copied from input to output; the RGB values stay in the video's own
colour space.
"""

from dataclasses import dataclass, replace

import av
import numpy as np
import numpy.typing as npt
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter

from steadyface.video.orientation import Image
from steadyface.video.transfer import PQ, displayed

UNSPECIFIED = 2
FULL_RANGE = 2
LIMITED_RANGE = 1
RGB_MATRIX = 0

# Without these, swscale shares one chroma sample between neighbours and rounds with 7 bits.
ACCURATE = (
    Interpolation.BICUBIC | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT | Interpolation.FULL_CHR_H_INP
)


@dataclass(frozen=True)
class ColourTags:
    """H.273 code points, 2 for unspecified; but `range` is 0 unspecified, 1 limited, 2 full."""

    primaries: int = UNSPECIFIED
    trc: int = UNSPECIFIED
    matrix: int = UNSPECIFIED
    range: int = 0


def swscale_matrix(matrix: int, lines: int) -> Colorspace:
    """Translate a matrix tag for swscale; a missing one is BT.601 below 720 lines, BT.709 from there on."""
    known = {
        1: Colorspace.ITU709,
        4: Colorspace.FCC,
        5: Colorspace.ITU601,
        6: Colorspace.ITU601,
        7: Colorspace.SMPTE240M,
        9: Colorspace.BT2020,
        10: Colorspace.BT2020,
    }
    return known.get(matrix, Colorspace.ITU601 if lines < 720 else Colorspace.ITU709)


def luma_weights(matrix: Colorspace) -> tuple[float, float, float]:
    """What red, green and blue add to luma (H.273, table 4)."""
    red, blue = {
        Colorspace.ITU709: (0.2126, 0.0722),
        Colorspace.FCC: (0.30, 0.11),
        Colorspace.SMPTE240M: (0.212, 0.087),
        Colorspace.BT2020: (0.2627, 0.0593),
    }.get(matrix, (0.299, 0.114))
    return red, 1 - red - blue, blue


def writable(tags: ColourTags, lines: int) -> ColourTags:
    """Return the tags of a YUV picture made from a video with these tags: the same, unless it is RGB or YCgCo.

    A missing tag stays missing, so that a player makes the same guess for the output as for the input. PQ becomes
    BT.709's transfer, which the display-referred copy has.
    """
    if tags.trc == PQ:
        tags = replace(tags, trc=1)
    if tags.matrix in (RGB_MATRIX, 8):
        return replace(tags, matrix=6 if lines < 720 else 1, range=LIMITED_RANGE)
    return tags


def settled(tags: ColourTags, lines: int, shown: int) -> ColourTags:
    """Tags that mean the same for a picture of ``shown`` lines as these do for the coded one of ``lines``.

    Where a missing matrix would be guessed differently, since the picture is turned or made even, it is stated.
    """
    guessed = swscale_matrix(tags.matrix, lines)
    if swscale_matrix(tags.matrix, shown) == guessed:
        return tags
    return replace(tags, matrix=1 if guessed == Colorspace.ITU709 else 6)


def tags_of(frame: av.VideoFrame) -> ColourTags:
    """Read the tags of a decoded frame. The old "yuvj" pixel formats say full range by their name."""
    full = frame.format.name.startswith("yuvj")
    return ColourTags(
        int(frame.color_primaries),
        int(frame.color_trc),
        RGB_MATRIX if frame.format.is_rgb else int(frame.colorspace),
        FULL_RANGE if full else int(frame.color_range),
    )


def to_rgb(frame: av.VideoFrame, tags: ColourTags, converter: VideoReformatter) -> Image:
    """Convert a decoded frame to full-range RGB, uint8 (H, W, 3), as coded (not turned).

    Of a frame in PQ, the display-referred copy (`transfer.displayed`). `converter` keeps swscale's tables between
    frames.
    """
    if tags.trc == PQ:
        return np.rint(255 * displayed(codes_of(frame, tags, converter), PQ)).astype(np.uint8)
    return _reformatted(frame, "rgb24", tags, converter).to_ndarray().astype(np.uint8, copy=False)


def codes_of(frame: av.VideoFrame, tags: ColourTags, converter: VideoReformatter) -> npt.NDArray[np.float32]:
    """A decoded frame's RGB with all its bits, as coded: float (H, W, 3) in [0, 1]."""
    return np.asarray(_reformatted(frame, "rgb48le", tags, converter).to_ndarray() / 65535, np.float32)


def _reformatted(
    frame: av.VideoFrame, pixel_format: str, tags: ColourTags, converter: VideoReformatter
) -> av.VideoFrame:
    """A decoded frame in a format of full-range RGB."""
    return converter.reformat(
        frame,
        format=pixel_format,
        src_colorspace=swscale_matrix(tags.matrix, frame.height),
        src_color_range=ColorRange.JPEG if tags.range == FULL_RANGE else ColorRange.MPEG,
        dst_color_range=ColorRange.JPEG,
        interpolation=ACCURATE,
    )


def to_yuv(image: Image, pixel_format: str, tags: ColourTags, converter: VideoReformatter) -> av.VideoFrame:
    """Convert full-range RGB, uint8 (H, W, 3), to yuv420p or yuv444p in the matrix and range of `tags`.

    The chroma samples of yuv420p lie where H.264 has them unless it says otherwise: on the left ones of the
    pixels, between two lines (H.264, figure E-1, type 0).
    """
    frame = converter.reformat(
        av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24"),
        format="yuv444p",
        src_color_range=ColorRange.JPEG,
        dst_colorspace=swscale_matrix(tags.matrix, image.shape[0]),
        dst_color_range=ColorRange.JPEG if tags.range == FULL_RANGE else ColorRange.MPEG,
        interpolation=ACCURATE,
    )
    if pixel_format == "yuv444p":
        return frame
    # swscale would put the chroma samples between the pixels, which shifts the colours by half a pixel.
    luma, blue, red = frame.to_ndarray().astype(np.uint8, copy=False)
    planes = [luma.ravel(), _halved(blue).ravel(), _halved(red).ravel()]
    return av.VideoFrame.from_ndarray(np.concatenate(planes).reshape(-1, luma.shape[1]), format="yuv420p")


def _halved(chroma: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Halve a plane (H, W) of even sides: (1 1) / 2 down the lines, (1 2 1) / 4 around every even column."""
    lines = chroma[0::2].astype(np.uint16) + chroma[1::2]
    left = np.concatenate([lines[:, :1], lines[:, 1:-1:2]], axis=1)
    eighths: npt.NDArray[np.uint16] = left + 2 * lines[:, 0::2] + lines[:, 1::2]
    return ((eighths + 4) // 8).astype(np.uint8)
