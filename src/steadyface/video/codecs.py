"""The codecs that a result can have: their encoders, containers, and pixel formats."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import av

from steadyface.errors import InputError
from steadyface.video.planes import Layout


@dataclass(frozen=True)
class Codec:
    """One way of encoding pictures."""

    name: str
    encoder: str
    """FFmpeg's name."""
    suffix: str
    """Of the file."""
    container: str
    """FFmpeg's muxer."""
    formats: tuple[str, ...]
    """Pixel formats. For H.264 the one that every player knows."""
    options: Mapping[str, str] = field(default_factory=dict)
    tag: str = ""
    """The codec's tag in the container, if players ask for another one than FFmpeg's."""

    def format_for(self, source: str, *, odd: bool = False) -> str:
        """The pixel format that holds a picture of the format ``source``: the same one, or one as like it as there is.

        That has its bits or more, its alpha, its chroma, its kind of colours, in this order. ``odd`` sides need 4:4:4.
        """
        usable = [name for name in self.formats if not odd or Layout.known(name).across == 1] or ["yuv444p"]
        if source in usable:
            return source
        wanted = Layout.known(source)

        def distance(name: str) -> tuple[int, ...]:
            own = Layout.known(name)
            lost = own.across > wanted.across or own.down > wanted.down
            more = abs(own.across - wanted.across) + abs(own.down - wanted.down)
            short = own.bits < wanted.bits, wanted.alpha and not own.alpha
            return *short, lost, own.rgb != wanted.rgb, abs(own.bits - wanted.bits), more

        return min(usable, key=distance)


_YUV = ("yuv420p", "yuv422p", "yuv444p", "yuv420p10le", "yuv422p10le", "yuv444p10le")
_DEEP = ("yuv420p12le", "yuv422p12le", "yuv444p12le")
_ALPHA = ("yuva420p", "yuva422p", "yuva444p", "yuva420p10le", "yuva422p10le", "yuva444p10le", "yuva422p12le")
CODECS = {
    codec.name: codec
    for codec in (
        Codec("h264", "libx264", ".mp4", "mp4", ("yuv420p",), {"crf": "16", "preset": "medium", "bf": "0"}),
        Codec(
            "hevc", "libx265", ".mp4", "mp4", _YUV + _DEEP,
            {"crf": "14", "preset": "medium", "x265-params": "bframes=0:log-level=error"}, "hvc1",
        ),
        Codec(
            "vp9", "libvpx-vp9", ".mp4", "mp4", ("yuv420p", "yuv422p", "yuv444p"),
            {"crf": "18", "b": "0", "deadline": "good", "cpu-used": "3", "row-mt": "1"},
        ),
        Codec(
            "prores", "prores_ks", ".mov", "mov", ("yuv422p10le", "yuv444p10le", "yuva444p10le"),
            {"profile": "auto", "vendor": "apl0"},
        ),
        Codec(
            "ffv1", "ffv1", ".mkv", "matroska",
            (*_YUV, *_DEEP, *_ALPHA, "yuva444p12le", "yuv444p16le", "yuva444p16le", "gbrp10le", "gbrp12le", "gbrp16le",
             "gbrap10le", "gbrap12le", "gbrap16le"),
            {"level": "3", "slices": "4", "slicecrc": "1"},
        ),
    )
}  # fmt: skip
"""h264 and hevc for players, prores for editors, ffv1 without loss, vp9 for the web."""
STILLS = ("png", "exr")
"""Kinds of pictures, and their files' extensions: a folder of one a frame, as `video.stills` writes them."""
PLAYED = ("h264", "hevc", "vp9")
"""Those that ``edited.mp4`` can have; others are files beside it."""


def codec_named(name: str) -> Codec:
    """Raises `InputError` for one that is not known."""
    if name not in CODECS:
        raise InputError(f"codec {name}: not one of {', '.join((*CODECS, *STILLS))}")
    return CODECS[name]


def codec_for(pixel_format: str) -> Codec:
    """The one that players know and that holds a video's bits: h264, or hevc for more than 8."""
    return CODECS["hevc" if av.VideoFormat(pixel_format, 16, 16).components[0].bits > 8 else "h264"]


def played_by(codec: str, pixel_format: str) -> Codec:
    """The codec of ``edited.mp4``."""
    return CODECS[codec] if codec in PLAYED else codec_for(pixel_format)
