"""Write edited frames to mp4 with the input's timestamps, sound, colours and pixel shape, completely or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import Any

import av
from av.codec.codec import UnknownCodecError
from av.codec.context import Flags
from av.container import OutputContainer
from av.packet import Packet
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream

from steadyface.errors import InputError, ResourceError
from steadyface.video.colour import to_yuv, writable
from steadyface.video.info import VideoInfo, open_video
from steadyface.video.reader import Frame
from steadyface.video.sound import add_sound, sound_packets

# The keys that the mp4 muxer keeps as iTunes tags, which every player reads; others need QuickTime's free-
# form table.
_COMMON_KEYS = frozenset(
    (
        "title",
        "artist",
        "album_artist",
        "composer",
        "album",
        "date",
        "comment",
        "genre",
        "copyright",
        "description",
    )
)


@dataclass(frozen=True)
class Encoding:
    """How the pictures are encoded: an FFmpeg encoder by name, its constant rate factor, its preset, its threads."""

    codec: str = "libx264"
    crf: float = 16
    preset: str = "medium"
    threads: int = 4


def write_video(
    path: Path,
    frames: Iterable[Frame],
    like: VideoInfo,
    *,
    crf: float = 16,
    codec: str = "libx264",
    preset: str = "medium",
    audio_from: Path | None = None,
    cut_sound: bool = False,
    metadata: Mapping[str, str] | None = None,
) -> None:
    """Write frames, uint8 RGB (H, W, 3), all of one size, to an mp4 file that looks and sounds like the input.

    Timestamps: the distances between the frames' own `pts` are kept exactly, also for a variable frame rate,
    and the first frame written is at time 0. The sound of `audio_from`, whose clock must be that of the
    frames, is moved by the same amount: packets before the first frame are dropped, and the rest is copied
    without re-encoding if mp4 can hold the codec, else encoded to AAC. It runs to its own end, or to the
    end of the last frame with `cut_sound` (for a part A:B of a video). The last frame lasts for its own
    `duration`.

    Colour tags and pixel shape are those of `like`, and the conversion from RGB follows the tags. Pictures
    are 4:2:0; 4:4:4 when a side is odd, as 4:2:0 would have to crop or pad it. `metadata` are container tags
    such as title, comment.

    The same frames give the same bytes, on a machine with any number of cores.

    The file is written as `<name>.part` beside `path` and renamed at the end; after any error nothing is
    left. Memory doesn't grow with the number of frames.

    Raises:
        ResourceError: the target can't be written (read-only, full, no such folder).
        InputError: no frames, sizes that vary, an unknown codec, an unreadable `audio_from`.
        ValueError: timestamps that don't increase (`read_frames` never yields those).
    """
    path = Path(path)
    partial = path.with_name(path.name + ".part")
    with _target_errors(path):
        if path.is_dir():
            raise IsADirectoryError(0, "it is a folder")
        partial.touch()
    try:
        with ExitStack() as stack:
            container = av.open(
                str(partial.absolute()), "w", format="mp4", container_options=_options(like, metadata or {})
            )
            stack.callback(_close_quietly, container)
            container.metadata.update(metadata or {})
            _write(stack, container, path, frames, like, Encoding(codec, crf, preset), audio_from, cut_sound)
        with _target_errors(path):
            os.replace(partial, path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def _write(
    stack: ExitStack,
    container: OutputContainer,
    path: Path,
    frames: Iterable[Frame],
    like: VideoInfo,
    encoding: Encoding,
    audio_from: Path | None,
    cut_sound: bool,
) -> None:
    frames = iter(frames)
    first = next(frames, None)
    if first is None:
        raise InputError(f"{path}: there are no frames to write")
    origin = first.pts * first.time_base
    stream = _add_pictures(container, first, like, encoding)
    sound: Iterator[tuple[Fraction, Packet[Any]]] = iter(())
    if audio_from is not None:
        source = stack.enter_context(open_video(Path(audio_from)))
        routes = add_sound(source, container, Path(audio_from))
        sound = sound_packets(source, routes, origin, Path(audio_from))
    muxer = _Muxer(container, path, sound)
    end = Fraction(0)
    for frame, packets in _encode(stream, chain([first], frames), like):
        if frame is not None:
            end = (frame.pts + (frame.duration or like.nominal_ticks)) * frame.time_base - origin
        muxer.mux(packets)
    muxer.finish(end if cut_sound else None)


@dataclass
class _Muxer:
    """Merges two packet streams by decoding time, so that sound and pictures of the same time are near in the file."""

    container: OutputContainer
    path: Path
    sound: Iterator[tuple[Fraction, Packet[Any]]]
    pending: tuple[Fraction, Packet[Any]] | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.pending = next(self.sound, None)

    def mux(self, packets: Iterable[Packet[Any]]) -> None:
        for packet in packets:
            self._mux_sound_until((packet.dts or 0) * packet.time_base)
            with _target_errors(self.path):
                self.container.mux(packet)

    def finish(self, end: Fraction | None) -> None:
        self._mux_sound_until(end)
        with _target_errors(self.path):
            self.container.close()

    def _mux_sound_until(self, end: Fraction | None) -> None:
        while self.pending is not None and (end is None or self.pending[0] < end):
            with _target_errors(self.path):
                self.container.mux(self.pending[1])
            self.pending = next(self.sound, None)


def _encode(
    stream: VideoStream, frames: Iterable[Frame], like: VideoInfo
) -> Iterator[tuple[Frame | None, list[Packet[Any]]]]:
    """Yield each frame with the packets that the encoder returned for it, then (None, the remaining packets)."""
    converter = VideoReformatter()
    first: Frame | None = None
    previous: Frame | None = None
    for frame in frames:
        first = first or frame
        if frame.image.shape != first.image.shape:
            raise InputError(
                f"frame {frame.index} is {_size(frame)} but frame {first.index} is {_size(first)}; "
                "all frames of a video must have one size"
            )
        if previous is not None and frame.pts <= previous.pts:
            raise ValueError(f"frame {frame.index}: pts {frame.pts} does not come after {previous.pts}")
        picture = to_yuv(frame.image, str(stream.pix_fmt), writable(like.colour, stream.height), converter)
        picture.pts = frame.pts - first.pts
        picture.time_base = frame.time_base
        picture.duration = frame.duration or like.nominal_ticks
        previous = frame
        yield frame, stream.encode(picture)
    yield None, stream.encode(None)


def _add_pictures(container: OutputContainer, first: Frame, like: VideoInfo, encoding: Encoding) -> VideoStream:
    height, width = first.image.shape[:2]
    try:
        stream = container.add_stream(encoding.codec, rate=like.average_rate)
    except (UnknownCodecError, ValueError, TypeError) as error:
        raise InputError(f"codec {encoding.codec}: not an encoder for mp4 in this FFmpeg; use libx264") from error
    if not isinstance(stream, VideoStream):
        raise InputError(f"codec {encoding.codec}: not a video encoder; use libx264")
    tags = writable(like.colour, height)
    context = stream.codec_context
    context.width, context.height = width, height
    context.pix_fmt = "yuv420p" if width % 2 == 0 and height % 2 == 0 else "yuv444p"
    context.time_base = first.time_base
    context.sample_aspect_ratio = like.sample_aspect_ratio
    context.color_primaries, context.color_trc = tags.primaries, tags.trc
    context.colorspace, context.color_range = tags.matrix, tags.range
    # With B-frames mp4 counts durations along the decoding order, and a variable rate's last frame loses its
    # own.
    context.options = {"crf": str(encoding.crf), "preset": encoding.preset, "bf": "0"}
    # x264's pictures depend on the number of its threads: with one per core, two machines write different files.
    context.thread_count = encoding.threads
    # Otherwise FFmpeg forgets how long the last frame lasts.
    context.flags |= Flags.frame_duration
    return stream


def _options(like: VideoInfo, metadata: Mapping[str, str]) -> dict[str, str]:
    """Choose the muxer's options: an index at the front, a clock for edit lists as fine as the timestamps.

    The muxer's default clock of 1 ms would round the ends of the edit list, and with them the duration.
    """
    ticks = like.time_base.denominator
    flags = "+faststart" if set(metadata) <= _COMMON_KEYS else "+faststart+use_metadata_tags"
    return {"movflags": flags, "movie_timescale": str(ticks * -(-10_000 // ticks))}


@contextmanager
def _target_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ResourceError(
            f"{path}: can't be written ({error.strerror or error}); free some space or choose another place"
        ) from error


def _close_quietly(container: OutputContainer) -> None:
    """Close after an error, and ignore what closing complains about: the first error is raised already."""
    with suppress(av.FFmpegError, OSError, ValueError):
        container.close()


def _size(frame: Frame) -> str:
    return f"{frame.image.shape[1]}x{frame.image.shape[0]}"
