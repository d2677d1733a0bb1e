"""The sound of an edited video: the input's own packets if mp4 can hold them and none is missing, else AAC."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.packet import Packet

from steadyface.video.info import open_video, readable
from steadyface.video.sound_track import Filled, Track, start_of
from steadyface.video.survey import survey

_AAC_RATES = (7350, 8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 64000, 88200, 96000)
_AAC_LAYOUTS = ("mono", "stereo", "3.0", "4.0", "5.0", "5.1", "7.1")


@dataclass(frozen=True)
class Route:
    """The output stream of one sound stream of the input, and whether its packets are copied or encoded anew."""

    target: AudioStream
    track: Track | None
    """Decodes the packets; None if they are copied."""


def mp4_holds(path: Path, index: int) -> bool:
    """Whether FFmpeg's mp4 muxer takes stream `index` of a file as it is.

    The answer comes from writing the stream's first packet to an mp4 file in memory, since the muxer refuses
    some streams by their codec, some at the header and some only at the end.
    """
    with open_video(path) as source:
        stream = source.streams[index]
        try:
            with av.open(io.BytesIO(), "w", format="mp4") as trial:
                target = trial.add_stream_from_template(stream)
                packet = next(source.demux(stream))
                packet.stream = target
                trial.mux(packet)
        except (ValueError, av.FFmpegError):
            return False
    return True


def add_sound(source: InputContainer, target: OutputContainer, path: Path) -> dict[int, Route]:
    """Add to `target` a stream for each sound stream of `source`, the open `path`; routes by input index.

    A stream that can't be decoded is left out. Raises `InputError` for what `probe` refuses.
    """
    routes, found = {}, survey(path)
    shifts = [shift for _, shift in found.jumps]
    for stream, condition in zip(source.streams.audio, found.sound, strict=True):
        if not condition.codec or condition.start is None:
            continue
        copied = condition.whole and mp4_holds(path, stream.index)
        added = target.add_stream_from_template(stream) if copied else _add_aac(stream, target)
        kept = {key: value for key, value in stream.metadata.items() if key in ("language", "title")}
        added.metadata.update({key: readable(value) for key, value in kept.items()})
        routes[stream.index] = Route(added, None if copied else Track.of(source, stream, shifts))
    return routes


def _add_aac(stream: AudioStream, target: OutputContainer) -> AudioStream:
    rate = stream.rate if stream.rate in _AAC_RATES else 48000
    layout = stream.layout.name if stream.layout.name in _AAC_LAYOUTS else "stereo"
    added = target.add_stream("aac", rate=rate)
    added.layout = layout
    added.bit_rate = 96_000 * added.layout.nb_channels
    return added


def sound_packets(
    source: InputContainer, routes: dict[int, Route], origin: Fraction, path: Path
) -> Iterator[tuple[Fraction, Packet[Any]]]:
    """Yield (seconds after `origin`, packet ready to be muxed) in the input's order, streaming.

    `origin`, in seconds on the input's clock, becomes time 0. Packets that end before it are left out, except
    the last of them: decoders of overlapping transforms (AAC, MP3) need it, and the mp4 edit list makes players
    skip it. Where sound is missing or can't be read, there is silence.
    """
    if not routes:
        # Demuxing no stream would mean demuxing all of them.
        return
    streams = [stream for stream in source.streams.audio if stream.index in routes]
    encoders = {index: Filled(route.target, origin) for index, route in routes.items() if route.track}
    # After unreadable data there is no more sound; `survey` knows.
    with suppress(av.FFmpegError):
        for packet in source.demux(*streams):
            index = packet.stream.index
            track, early = routes[index].track, _is_early(packet, origin)
            if track is not None:
                # A clock that jumps makes packets look early, and only decoding them in order tells.
                frames = track.frames(packet)
                yield from _placed(
                    encoders[index].encode(_from(frames, origin), broken=track.broken), routes[index].target
                )
            elif packet.size and not early:
                yield _moved(packet, routes[index].target, origin)
    for index, encoder in encoders.items():
        yield from _placed(encoder.finish(), routes[index].target)


def _is_early(packet: Packet[Any], origin: Fraction) -> bool:
    return packet.pts is not None and (packet.pts + 2 * (packet.duration or 0)) * packet.time_base <= origin


def _from(frames: list[AudioFrame], origin: Fraction) -> list[AudioFrame]:
    """Those frames of which a part is at or after ``origin``."""
    starts = zip(frames, map(start_of, frames), strict=True)
    return [frame for frame, at in starts if at is None or at + Fraction(frame.samples, frame.sample_rate) > origin]


def _placed(packets: Iterator[Packet[Any]], target: AudioStream) -> Iterator[tuple[Fraction, Packet[Any]]]:
    for packet in packets:
        yield _moved(packet, target, Fraction(0))


def _moved(packet: Packet[Any], target: AudioStream, origin: Fraction) -> tuple[Fraction, Packet[Any]]:
    """Shift a packet to the output's clock, in samples: the input's ticks may be a packet long (AVI)."""
    base, sample = packet.time_base, Fraction(1, target.rate)

    def shifted(ticks: int | None) -> int | None:
        return None if ticks is None else round((ticks * base - origin) / sample)

    packet.pts, packet.dts = shifted(packet.pts), shifted(packet.dts)
    packet.duration = round((packet.duration or 0) * base / sample)
    packet.time_base = sample
    packet.stream = target
    return (packet.dts or packet.pts or 0) * sample, packet
