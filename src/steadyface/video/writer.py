"""Write edited frames with the input's timestamps, sound, colours and pixel shape, completely or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from fractions import Fraction
from heapq import merge
from pathlib import Path
from typing import Any, Self

import av
from av.codec.context import Flags
from av.container import OutputContainer
from av.packet import Packet
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream

from steadyface.errors import InputError, ResourceError
from steadyface.video.captions import add_captions, chapters_of, read_captions
from steadyface.video.codecs import PLAYED, Codec, codec_named
from steadyface.video.colour import writable
from steadyface.video.info import VideoInfo, open_video
from steadyface.video.picture import coded_picture, even
from steadyface.video.planes import Layout
from steadyface.video.reader import Frame
from steadyface.video.sound import add_sound, sound_packets
from steadyface.video.transfer import PQ

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


def write_video(path: Path, frames: Iterable[Frame], like: VideoInfo, **how: Any) -> None:
    """Write frames, all of one size, to a file: `VideoFile`, whose arguments and errors these are.

    Raises `InputError`, too, if there are no frames.
    """
    with VideoFile(path, like, **how) as file:
        for frame in frames:
            file.write(frame)


class VideoFile:
    """A file that looks and sounds like the input, written frame by frame: completely or not at all.

    Timestamps: the distances between the frames' own `pts` are kept exactly, also for a variable frame rate,
    and the first frame written is at time 0. The sound of `audio_from`, whose clock must be that of the
    frames, is moved by the same amount: packets before the first frame are dropped, and the rest is copied
    without re-encoding if mp4 can hold the codec, else encoded to AAC. It runs to its own end, or to the
    end of the last frame with `cut_sound` (for a part A:B of a video). The last frame lasts for its own
    `duration`. The subtitles and chapters of `captions_from`, which may be the same file, are moved alike, in mp4.

    Players need even sides, so in files for them the last row or column of an odd side is there twice.

    A frame that has its coded picture is written with all its bits: samples that its change leaves alone are the
    input's. Others are RGB of 8 bits, and the conversion follows the tags. Colour tags and pixel shape are those of
    `like`. `metadata` are container tags such as title, comment.

    The same frames give the same bytes, on a machine with any number of cores. The file is written as `<name>.part`
    beside `path` and renamed at the end; after any error nothing is left. Memory doesn't grow with the number of
    frames.
    """

    def __init__(
        self,
        path: Path,
        like: VideoInfo,
        *,
        codec: str | Codec = "h264",
        options: Mapping[str, str] | None = None,
        audio_from: Path | None = None,
        cut_sound: bool = False,
        captions_from: Path | None = None,
        metadata: Mapping[str, str] | None = None,
        threads: int = 4,
    ) -> None:
        """``options`` replace some of the codec's.

        Raises:
            ResourceError: the target can't be written (read-only, full, no such folder).
            InputError: an unknown codec.
        """
        self.path, self.like = Path(path), like
        self.codec = codec_named(codec) if isinstance(codec, str) else codec
        self._options = {**self.codec.options, **(options or {})}
        self._threads, self._audio_from, self._cut_sound = threads, audio_from, cut_sound
        self._captions_from, self._metadata = captions_from, metadata or {}
        self._partial = self.path.with_name(self.path.name + ".part")
        self._converter, self._stack = VideoReformatter(), ExitStack()
        self._first: Frame | None = None
        self._previous: Frame | None = None
        with target_errors(self.path):
            if self.path.is_dir():
                raise IsADirectoryError(0, "it is a folder")
            self._partial.touch()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        try:
            if kind is None:
                self._finish()
        finally:
            self._stack.close()
            self._partial.unlink(missing_ok=True)

    def write(self, frame: Frame) -> None:
        """Add a frame.

        Raises:
            InputError: another size than the first one's, or an unreadable `audio_from`.
            ResourceError: the target can't be written.
            ValueError: its timestamp doesn't come after the last one's (`read_frames` never yields those).
        """
        if self.codec.name in PLAYED:
            frame = even(frame)
        if self._first is None:
            self._begin(frame)
        first = self._first
        assert first is not None
        if frame.image.shape != first.image.shape:
            raise InputError(
                f"frame {frame.index} is {_size(frame)} but frame {first.index} is {_size(first)}; "
                "all frames of a video must have one size"
            )
        if self._previous is not None and frame.pts <= self._previous.pts:
            raise ValueError(f"frame {frame.index}: pts {frame.pts} does not come after {self._previous.pts}")
        picture = coded_picture(frame, str(self._stream.pix_fmt), self.like.colour, self._converter)
        context = self._stream.codec_context  # ProRes takes its tags from the pictures
        picture.color_primaries, picture.color_trc = context.color_primaries, context.color_trc
        picture.colorspace, picture.color_range = context.colorspace, context.color_range
        picture.pts = frame.pts - first.pts
        picture.time_base = frame.time_base
        picture.duration = frame.duration or self.like.nominal_ticks
        self._previous = frame
        self._muxer.mux(self._stream.encode(picture))

    def _begin(self, first: Frame) -> None:
        options = _muxer_options(self.like, self._metadata) if self.codec.container in ("mp4", "mov") else {}
        container = av.open(str(self._partial.absolute()), "w", format=self.codec.container, container_options=options)
        self._stack.callback(_close_quietly, container)
        container.metadata.update(self._metadata)
        self._first, self._origin = first, first.pts * first.time_base
        self._stream = _add_pictures(container, first, self.like, self.codec, self._options, self._threads)
        sound: Iterator[tuple[Fraction, Packet[Any]]] = iter(())
        if self._audio_from is not None:
            source = self._stack.enter_context(open_video(Path(self._audio_from)))
            routes = add_sound(source, container, Path(self._audio_from))
            sound = sound_packets(source, routes, self._origin, Path(self._audio_from))
        if self._captions_from is not None:
            captions = add_captions(container, read_captions(self._captions_from), self._origin)
            sound = merge(sound, captions, key=lambda each: each[0])
        self._muxer = _Muxer(container, self.path, sound)

    def _finish(self) -> None:
        last = self._previous
        if last is None:
            raise InputError(f"{self.path}: there are no frames to write")
        end = (last.pts + (last.duration or self.like.nominal_ticks)) * last.time_base - self._origin
        self._muxer.mux(self._stream.encode(None))
        if self._captions_from is not None:
            self._muxer.container.set_chapters(chapters_of(self._captions_from, self._origin, end))
        self._muxer.finish(end if self._cut_sound else None)
        with target_errors(self.path):
            os.replace(self._partial, self.path)


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
            with target_errors(self.path):
                self.container.mux(packet)

    def finish(self, end: Fraction | None) -> None:
        self._mux_sound_until(end)
        with target_errors(self.path):
            self.container.close()

    def _mux_sound_until(self, end: Fraction | None) -> None:
        while self.pending is not None and (end is None or self.pending[0] < end):
            with target_errors(self.path):
                self.container.mux(self.pending[1])
            self.pending = next(self.sound, None)


def _add_pictures(
    container: OutputContainer, first: Frame, like: VideoInfo, codec: Codec, options: Mapping[str, str], threads: int
) -> VideoStream:
    height, width = first.image.shape[:2]
    stream = container.add_stream(codec.encoder, rate=like.average_rate)
    assert isinstance(stream, VideoStream)
    odd = bool(width % 2 or height % 2)
    source = first.coded.format.name if first.coded is not None else "yuv420p"
    context = stream.codec_context
    context.width, context.height = width, height
    context.pix_fmt = codec.format_for(source, odd=odd)
    tags = writable(like.colour, height)
    if first.coded is not None and Layout.known(context.pix_fmt).bits > 8:
        tags = replace(tags, trc=like.colour.trc)  # PQ stays PQ
    context.time_base = first.time_base
    context.sample_aspect_ratio = like.sample_aspect_ratio
    context.color_primaries, context.color_trc = tags.primaries, tags.trc
    context.colorspace, context.color_range = tags.matrix, tags.range
    # With B-frames mp4 counts durations along the decoding order, and a variable rate's last frame loses its
    # own.
    context.options = dict(options)
    if codec.encoder == "libx265" and tags.trc == PQ and like.hdr:
        context.options["x265-params"] += f":{like.hdr}"
    if codec.tag:
        context.codec_tag = codec.tag
    # x264's pictures depend on the number of its threads: with one per core, two machines write different files.
    context.thread_count = threads
    # Otherwise FFmpeg forgets how long the last frame lasts.
    context.flags |= Flags.frame_duration
    return stream


def _muxer_options(like: VideoInfo, metadata: Mapping[str, str]) -> dict[str, str]:
    """Choose the muxer's options: an index at the front, a clock for edit lists as fine as the timestamps.

    The muxer's default clock of 1 ms would round the ends of the edit list, and with them the duration.
    """
    ticks = like.time_base.denominator
    flags = "+faststart" if set(metadata) <= _COMMON_KEYS else "+faststart+use_metadata_tags"
    return {"movflags": flags, "movie_timescale": str(ticks * -(-10_000 // ticks))}


@contextmanager
def target_errors(path: Path) -> Iterator[None]:
    """Raise `ResourceError` instead of an `OSError` of writing a file or folder."""
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
