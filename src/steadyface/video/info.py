"""Properties of a video file: sizes, rates, colour tags, sound. Video files are opened for reading here."""

import math
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import av
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from steadyface.errors import InputError
from steadyface.video.colour import ColourTags, settled, tags_of
from steadyface.video.hdr import hdr_parameters
from steadyface.video.orientation import Orientation, orientation_of
from steadyface.video.sequence import RATE, decoded_picture, pictures_in

SMALLEST_SIDE = 16

GUESSED_FRAMES = 100
"""A few seconds."""


@dataclass(frozen=True)
class VideoInfo:
    """One video file, its first video stream that isn't a cover picture; or a folder of pictures.

    `width` and `height` are pixels as displayed, after rotation; the `coded_` ones before it. `average_rate`
    is frames per second, `time_base` the seconds per tick of the timestamps. `sample_aspect_ratio` is the
    displayed width of a pixel over its height (1 if the file doesn't say). `frame_count` is what the container
    states, or an estimate from the duration, None if neither is there; `duration` is in seconds.
    `hdr` is what `hdr.hdr_parameters` says.
    """

    path: Path
    width: int
    height: int
    coded_width: int
    coded_height: int
    average_rate: Fraction
    time_base: Fraction
    orientation: Orientation
    pixel_format: str
    colour: ColourTags
    sample_aspect_ratio: Fraction
    has_audio: bool
    frame_count: int | None
    duration: Fraction | None
    end_pts: int | None
    hdr: str = ""
    interlaced: bool = False
    """Whether the first picture is marked so."""

    @property
    def rotation(self) -> int:
        """Degrees counter-clockwise (0, 90, 180, 270) by which players turn the coded picture."""
        return self.orientation.rotation

    @property
    def nominal_ticks(self) -> int:
        """The length of one frame at the average rate, in ticks of `time_base`, at least 1."""
        return max(1, round(1 / (self.average_rate * self.time_base)))


def frames_between(info: VideoInfo, start: int, stop: int | None) -> int:
    """How many frames from ``start`` up to ``stop`` (None: to the end) a file has if its container is right.

    Only decoding them tells. A guess if the container doesn't say.
    """
    end = stop or info.frame_count
    return max(1, end - start) if end else GUESSED_FRAMES


def open_video(path: Path) -> InputContainer:
    """Open a media file for reading.

    Raises:
        InputError: the file is missing, a folder, empty, not readable, or nothing that FFmpeg knows.
    """
    if path.is_dir():
        raise InputError(f"{path}: this is a folder; give the path of one video file")
    try:
        if path.stat().st_size == 0:
            raise InputError(f"{path}: the file is empty (0 bytes); copy or record it again")
        # The absolute path, since FFmpeg takes the text before a colon for a protocol.
        container = av.open(str(path.absolute()), "r", metadata_errors="surrogateescape")
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file; check the path") from error
    except (av.FFmpegError, OSError) as error:
        raise InputError(f"{path}: not a readable video ({error.strerror}); convert it to mp4 first") from error
    # FFmpeg plays text files as animated terminals.
    if container.format.name == "tty":
        container.close()
        raise InputError(f"{path}: this is a text file, not a video")
    return container


def readable(text: str) -> str:
    """A file's tag as text: UTF-8, or, if it isn't that, the Windows code page that old programs wrote."""
    coded = text.encode("utf-8", "surrogateescape")
    try:
        return coded.decode("utf-8")
    except UnicodeDecodeError:
        return coded.decode("cp1252", "replace")


def picture_stream(container: InputContainer, path: Path) -> VideoStream:
    """Return the first video stream that isn't a cover picture, with its decoder's threads on.

    Raises:
        InputError: there is none, or this FFmpeg has no decoder for it.
    """
    for stream in container.streams.video:
        if stream.disposition & Disposition.attached_pic:
            continue
        if stream.codec_context is None:
            raise InputError(f"{path}: no decoder for its video stream; convert it to H.264 first")
        stream.thread_type = "AUTO"
        return stream
    raise InputError(f"{path}: no video stream in this file (sound only?)")


def probe(path: Path, rate: Fraction | None = None) -> VideoInfo:
    """Describe a video file, or a folder of pictures that are shown at ``rate`` (25) a second.

    This decodes one frame, because rotation and colour tags are only certain then.

    Raises:
        InputError: missing, empty, not a video, no video stream, no picture in a folder, damaged at the first frame, or
            a picture of less than 16 pixels on a side; a ``rate`` for a file, which has its own.
    """
    path = Path(path)
    if path.is_dir():
        return _describe_folder(path, RATE if rate is None else rate)
    if rate is not None:
        raise InputError(f"{path}: this file has its own frame rate; --rate is for a folder of pictures")
    with open_video(path) as container:
        stream = picture_stream(container, path)
        try:
            frame = next(container.decode(stream), None)
        except av.FFmpegError as error:
            raise InputError(f"{path}: damaged, the first frame can't be decoded ({error.strerror})") from error
        if frame is None:
            raise InputError(f"{path}: no frame could be decoded; the file is cut off or damaged")
        return _describe(path, container, stream, frame)


def _describe_folder(path: Path, rate: Fraction) -> VideoInfo:
    pictures = pictures_in(path)
    with open_video(pictures[0]) as container:
        found = _describe(path, container, picture_stream(container, path), decoded_picture(pictures[0]))
    count = len(pictures)
    found = replace(found, average_rate=rate, time_base=1 / rate)
    return replace(found, frame_count=count, duration=count / rate, end_pts=count)


def _describe(path: Path, container: InputContainer, stream: VideoStream, frame: av.VideoFrame) -> VideoInfo:
    orientation = orientation_of(frame)
    width, height = frame.width, frame.height
    if min(width, height) < SMALLEST_SIDE:
        raise InputError(
            f"{path}: the picture is {width}x{height} pixels, too small to hold a face; "
            f"at least {SMALLEST_SIDE} on each side are needed"
        )
    aspect = stream.sample_aspect_ratio or Fraction(1)
    rate = stream.average_rate or stream.guessed_rate or Fraction(25)
    time_base = stream.time_base or 1 / rate
    duration = _duration(container, stream)
    shown = width if orientation.transpose else height
    estimate = None if duration is None else math.ceil(duration * rate)
    return VideoInfo(
        path=path,
        width=height if orientation.transpose else width,
        height=shown,
        coded_width=width,
        coded_height=height,
        average_rate=rate,
        time_base=time_base,
        orientation=orientation,
        pixel_format=frame.format.name,
        colour=settled(tags_of(frame), height, shown + shown % 2),
        sample_aspect_ratio=1 / aspect if orientation.transpose else aspect,
        has_audio=bool(container.streams.audio),
        frame_count=stream.frames or estimate,
        duration=duration,
        end_pts=_end(container, stream),
        hdr=hdr_parameters(frame),
        interlaced=frame.interlaced_frame,
    )


def _duration(container: InputContainer, stream: VideoStream) -> Fraction | None:
    if stream.duration and stream.time_base:
        return stream.duration * stream.time_base
    return Fraction(container.duration, av.time_base) if container.duration else None


def _end(container: InputContainer, stream: VideoStream) -> int | None:
    """Timestamp of the stream's end; None unless mp4 or similar: MPEG program streams state half a frame too little."""
    if "mp4" not in container.format.name or not stream.duration:
        return None
    return (stream.start_time or 0) + stream.duration
