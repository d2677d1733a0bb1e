"""The sound tracks of a file, decoded on the pictures' clock: where something is missing, and samples without holes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, cast

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.packet import Packet
from numpy.typing import NDArray

from steadyface.video.packets import Clock

HOLE = Fraction(1, 10)
"""Seconds that must be missing before a track that decodes has a hole: timestamps are coarse in some formats."""
SLACK = Fraction(15, 1000)
"""Seconds by which samples may be away from their timestamps before silence is put in or some are left out."""


@dataclass(frozen=True)
class Condition:
    """What decoding a sound track has shown. Times are in seconds on the new clock (`packets`)."""

    index: int
    """Of the stream."""
    codec: str
    """FFmpeg's name; empty if there is no decoder."""
    start: Fraction | None
    """Of the first samples; None if none could be decoded."""
    holes: tuple[tuple[Fraction, Fraction], ...]
    """When samples are missing, and for how long."""
    damaged: bool
    jumps: bool
    """Whether its clock does."""
    end: Fraction | None = None
    """Of the last samples."""

    @property
    def whole(self) -> bool:
        """Whether its packets can be copied."""
        return self.start is not None and not (self.holes or self.damaged or self.jumps)


@dataclass
class Track:
    """Decodes the packets of one sound stream. ``shifts`` are those of the pictures' clock, in seconds."""

    stream: AudioStream
    clock: Clock
    shifts: Sequence[Fraction]
    damaged: bool = False
    jumped: bool = False
    broken: bool = False
    """Whether the frames that were returned last don't continue those before them."""
    _lost: bool = field(default=False, init=False)

    @classmethod
    def of(cls, container: InputContainer, stream: AudioStream, shifts: Sequence[Fraction]) -> Track:
        """Of a stream of an open file."""
        base = stream.time_base or Fraction(1, stream.rate)
        return cls(stream, Clock.of(container, base, round(HOLE / base)), shifts)

    def frames(self, packet: Packet[Any]) -> list[AudioFrame]:
        """What a packet of the file holds, with timestamps on the new clock; nothing if it is damaged."""
        if packet.size:
            if self.clock.jumps(packet) and packet.pts is not None and self.clock.end is not None:
                self.clock.shift = self._nearest(self.clock.end - packet.pts)
                self.jumped = self._lost = True
            self.clock.follow(packet, packet.duration or 0)
        try:
            frames = cast(list[AudioFrame], packet.decode())
        except av.FFmpegError:
            self.damaged = self._lost = True
            return []
        if frames:
            self.broken, self._lost = self._lost, False
        return frames

    def _nearest(self, gapless: int) -> int:
        """The pictures' shift that is nearest to going on without a gap: sound of a joined part stays with them."""
        found = min((round(each / self.clock.base) for each in (Fraction(0), *self.shifts)),
                    key=lambda each: abs(each - gapless))  # fmt: skip
        return found if abs(found - gapless) * self.clock.base < 1 else gapless


def start_of(frame: AudioFrame) -> Fraction | None:
    """When a frame starts, in seconds; None if it doesn't say."""
    return None if frame.pts is None or frame.time_base is None else Fraction(frame.pts * frame.time_base)


def conditions(container: InputContainer, shifts: Sequence[Fraction]) -> tuple[Condition, ...]:
    """Decode all sound of an open file once."""
    tracks, ends, starts = dict[int, Track](), dict[int, Fraction](), dict[int, Fraction]()
    holes: dict[int, list[tuple[Fraction, Fraction]]] = {stream.index: [] for stream in container.streams.audio}
    for stream in container.streams.audio:
        if stream.codec_context is not None:
            tracks[stream.index] = Track.of(container, stream, shifts)
    for index, frame in _decoded(container, tracks):
        at = start_of(frame)
        at = ends.get(index) if at is None else at
        if at is None:
            continue
        end, least = ends.get(index, at), SLACK if tracks[index].damaged else HOLE
        if at - end > least:
            holes[index].append((end, at - end))
        starts.setdefault(index, at)
        ends[index] = at + Fraction(frame.samples, frame.sample_rate)
    found = []
    for stream in container.streams.audio:
        track = tracks.get(stream.index)
        if track is None:
            found.append(Condition(stream.index, "", None, (), False, False))
        else:
            missing, start = tuple(holes[stream.index]), starts.get(stream.index)
            name = stream.codec_context.name
            found.append(
                Condition(stream.index, name, start, missing, track.damaged, track.jumped, ends.get(stream.index))
            )
    return tuple(found)


def _decoded(container: InputContainer, tracks: dict[int, Track]) -> Iterator[tuple[int, AudioFrame]]:
    if not tracks:
        return
    try:
        for packet in container.demux(*(track.stream for track in tracks.values())):
            for frame in tracks[packet.stream.index].frames(packet):
                yield packet.stream.index, frame
    except av.FFmpegError:
        for track in tracks.values():
            track.damaged = True


@dataclass
class Filled:
    """Encodes frames of a track without holes: silence where samples are missing, and none twice."""

    target: AudioStream
    origin: Fraction
    """In seconds; it becomes time 0."""
    _next: int | None = field(default=None, init=False)
    _resampler: av.AudioResampler | None = field(default=None, init=False)
    _kind: tuple[str, str, int] = field(default=("", "", 0), init=False)

    def encode(self, frames: Iterable[AudioFrame], *, broken: bool) -> Iterator[Packet[AudioStream]]:
        """Yield packets; timestamps are in samples. The first of ``broken`` frames is put where it says exactly."""
        for frame in frames:
            slack, broken = 0 if broken else SLACK, False
            skip, start = 0, start_of(frame)
            if start is not None:
                at = round((start - self.origin) * self.target.rate)
                self._next = at if self._next is None else self._next
                if abs(at - self._next) > slack * self.target.rate:
                    yield from self._silence(at - self._next)
                    skip = max(0, self._next - at)
            for block in self._resampled(frame):
                yield from self._samples(block[:, skip:])
                skip = max(0, skip - block.shape[1])

    def finish(self) -> Iterator[Packet[AudioStream]]:
        """Yield what is left in the encoder."""
        if self._resampler is not None:
            for block in self._resampler.resample(None):
                yield from self._samples(np.asarray(block.to_ndarray(), np.float32))
        yield from self.target.encode(None)

    def _silence(self, length: int) -> Iterator[Packet[AudioStream]]:
        channels, rate = self.target.layout.nb_channels, self.target.rate
        for start in range(0, length, rate):
            yield from self._samples(np.zeros((channels, min(rate, length - start)), np.float32))

    def _resampled(self, frame: AudioFrame) -> Iterator[NDArray[np.float32]]:
        kind = frame.format.name, frame.layout.name, frame.sample_rate
        if self._resampler is None or kind != self._kind:
            self._resampler = av.AudioResampler("fltp", self.target.layout, self.target.rate)
            self._kind = kind
        for block in self._resampler.resample(frame):
            yield np.asarray(block.to_ndarray(), np.float32)

    def _samples(self, block: NDArray[np.float32]) -> Iterator[Packet[AudioStream]]:
        if not block.shape[1]:
            return
        frame = AudioFrame.from_ndarray(np.ascontiguousarray(block), "fltp", self.target.layout.name)
        frame.sample_rate, frame.time_base = self.target.rate, Fraction(1, self.target.rate)
        frame.pts = self._next = self._next or 0
        self._next += block.shape[1]
        yield from self.target.encode(frame)
