"""Frames of a video file as RGB arrays in display orientation, one at a time, with their exact timestamps."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

from steadyface.errors import InputError
from steadyface.video.colour import to_rgb
from steadyface.video.deinterlace import Timed, deinterlaced
from steadyface.video.info import VideoInfo, open_video, picture_stream, probe
from steadyface.video.orientation import Image, upright
from steadyface.video.packets import Pictures
from steadyface.video.planes import planar, turned
from steadyface.video.sequence import decoded_pictures


@dataclass(frozen=True, eq=False)
class Frame:
    """One picture of a video.

    `index` counts from 0 in presentation order, `pts` and `duration` are in ticks of `time_base` seconds
    (duration 0: unknown), `image` is RGB, uint8 (H, W, 3), as displayed. Replace the image with
    `dataclasses.replace`. `coded` is the decoded picture with all its bits, upright and planar (`video.planes`), None
    if it was not asked for. `change`, float (H, W, 3), is what the image differs by from it, in levels of 255; None if
    the image has nothing to do with it.
    """

    index: int
    pts: int
    time_base: Fraction
    image: Image
    duration: int = 0
    coded: av.VideoFrame | None = None
    change: NDArray[np.float32] | None = None


def read_frames(
    path: Path, start: int = 0, stop: int | None = None, *, coded: bool = False, rate: Fraction | None = None
) -> Iterator[Frame]:
    """Yield frames start .. stop-1 (all from `start` on if None) in presentation order, streaming.

    With `coded`, frames have their decoded picture, too. Of a folder's pictures `rate` (25) are shown a second.
    Interlaced pictures are made whole (`deinterlace`).

    A frame without a timestamp follows its predecessor at the nominal rate; one that doesn't come after its
    predecessor is put one tick behind it, so that timestamps always increase.

    Raises:
        InputError: at once for anything `probe` refuses and for a senseless range; while iterating for a
            damaged file, a change of picture size, or a range beyond the end. The message names the frame.
    """
    if start < 0 or (stop is not None and stop <= start):
        raise InputError(f"frames {start}:{'' if stop is None else stop}: empty range; give A:B with 0 <= A < B")
    return _converted(probe(path, rate), start, stop, coded=coded)


def _converted(info: VideoInfo, start: int, stop: int | None, *, coded: bool) -> Iterator[Frame]:
    converter = VideoReformatter()
    index = -1
    frames = _of_one_size(info)
    for index, (frame, pts, duration) in enumerate(deinterlaced(frames) if info.interlaced else frames):
        if index < start:
            continue
        image = upright(to_rgb(frame, info.colour, converter), info.orientation)
        kept = turned(planar(frame, converter), info.orientation, converter) if coded else None
        yield Frame(index, pts, info.time_base, image, duration, kept)
        if index + 1 == stop:
            return
    if index < start or stop is not None:
        raise InputError(
            f"{info.path}: the video has {index + 1} frames, "
            f"so frames {start}:{'' if stop is None else stop} don't all exist"
        )


def _of_one_size(info: VideoInfo) -> Iterator[Timed]:
    for index, (frame, pts, duration) in enumerate(_timed(info)):
        if (frame.width, frame.height) != (info.coded_width, info.coded_height):
            raise InputError(
                f"{info.path}: the picture size changes at frame {index}, from {info.coded_width}x"
                f"{info.coded_height} to {frame.width}x{frame.height}; cut the video there"
            )
        yield frame, pts, duration


def _timed(info: VideoInfo) -> Iterator[Timed]:
    """Add timestamp and duration, which is the distance to the next frame.

    With B-frames, a decoder's own durations follow the decoding order. So they are used for the last frame only,
    and only if the container doesn't state its end.
    """
    previous: av.VideoFrame | None = None
    pts = 0
    for frame in decoded_pictures(info.path) if info.path.is_dir() else _decoded(info):
        if previous is None:
            following = frame.pts or 0
        else:
            following = pts + info.nominal_ticks if frame.pts is None else max(frame.pts, pts + 1)
            yield previous, pts, following - pts
        previous, pts = frame, following
    if previous is not None:
        yield previous, pts, _last_duration(info, pts, previous.duration)


def _last_duration(info: VideoInfo, pts: int, decoders: int) -> int:
    decoders = decoders or info.nominal_ticks
    left = 0 if info.end_pts is None else info.end_pts - pts
    # Most mp4 files round their end to a millisecond.
    rounded = abs(left - decoders) * info.time_base <= Fraction(1, 1000)
    return decoders if left <= 0 or rounded else left


def _decoded(info: VideoInfo) -> Iterator[av.VideoFrame]:
    """Decode strictly. By default FFmpeg conceals damage silently, and the patch would be edited as a face."""
    with open_video(info.path) as container:
        stream = picture_stream(container, info.path)
        done, packets, reached, decoder, strict = 0, 0, Fraction(0), stream.codec_context, True
        used, times = False, deque[int]()
        # AVI has one time for each packet, in their order and not the pictures': so the first picture has the first.
        in_order = container.format.name == "avi" and decoder.name in ("h264", "hevc")
        pictures = Pictures(container, stream, info.nominal_ticks)
        try:
            for packet in pictures.packets():
                if packet.damaged:
                    raise InputError(_damaged(info.path, done, "cut off or unreadable data"))
                frames = list[av.VideoFrame]()
                if packet.fresh:
                    if used:
                        frames += decoder.decode(None)
                        decoder = _another(decoder)
                    strict = packet.strict
                    decoder.options = {"err_detect": "explode"} if strict else {}
                used = True
                if packet.data.dts is not None:
                    packets += 1
                    times.append(packet.data.dts)
                    reached = max(reached, (packet.data.dts + (packet.data.duration or 0)) * info.time_base)
                for frame in [*frames, *decoder.decode(packet.data if packet.data.size else None)]:
                    if frame.is_corrupt and not strict:
                        raise InputError(_damaged(info.path, done, "unreadable data"))
                    if in_order and times:
                        frame.pts = times.popleft()
                    yield frame
                    done += 1
        except av.FFmpegError as error:
            raise InputError(_damaged(info.path, done, error.strerror or "unreadable data")) from error
        # Fewer packets than the index lists are normal in a trimmed file, but then its duration is trimmed
        # too.
        promised = ((stream.start_time or 0) + (stream.duration or 0)) * info.time_base
        if packets + pictures.skipped < stream.frames and reached + 1 / info.average_rate < promised:
            raise InputError(_damaged(info.path, done, f"{stream.frames} frames announced, the file ends early"))


def _another(decoder: VideoCodecContext) -> VideoCodecContext:
    """A decoder for the same stream that knows nothing of what the first one has seen."""
    made = cast(VideoCodecContext, VideoCodecContext.create(decoder.name, "r"))
    made.extradata, made.thread_type = decoder.extradata, "AUTO"
    return made


def _damaged(path: Path, frame: int, why: str) -> str:
    remedy = f"repair it, or edit frames 0:{frame - 1} only" if frame > 1 else "repair it first"
    return f"{path}: damaged at frame {frame} ({why}); {remedy}"
