"""The sound of an edited video: the input's own packets if mp4 can hold them, else AAC."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.packet import Packet

from steadyface.errors import InputError
from steadyface.video.info import open_video

_AAC_RATES = (7350, 8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 64000, 88200, 96000)
_AAC_LAYOUTS = ("mono", "stereo", "3.0", "4.0", "5.0", "5.1", "7.1")


@dataclass(frozen=True)
class Route:
    """The output stream of one sound stream of the input, and whether its packets are copied or encoded anew."""

    target: AudioStream
    copied: bool


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

    A stream that can be neither copied nor decoded is left out.
    """
    routes = {}
    for stream in source.streams.audio:
        if stream.codec_context is None:
            continue
        copied = mp4_holds(path, stream.index)
        added = target.add_stream_from_template(stream) if copied else _add_aac(stream, target)
        added.metadata.update({key: value for key, value in stream.metadata.items() if key in ("language", "title")})
        routes[stream.index] = Route(added, copied)
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
    skip it.

    Raises:
        InputError: the sound can't be read to its end.
    """
    if not routes:
        # Demuxing no stream would mean demuxing all of them.
        return
    streams = [stream for stream in source.streams.audio if stream.index in routes]
    try:
        for packet in source.demux(*streams):
            route = routes[packet.stream.index]
            if packet.pts is not None and (packet.pts + 2 * (packet.duration or 0)) * packet.time_base <= origin:
                continue
            if not route.copied:
                yield from _encoded(packet, route.target, origin)
            elif packet.size:
                yield _moved(packet, route.target, origin)
    except av.FFmpegError as error:
        raise InputError(f"{path}: its sound is damaged ({error.strerror}); write the video without it") from error


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


def _encoded(packet: Packet[Any], target: AudioStream, origin: Fraction) -> Iterator[tuple[Fraction, Packet[Any]]]:
    flush: list[AudioFrame | None] = [None] if packet.size == 0 else []
    for frame in [*cast(list[AudioFrame], packet.decode()), *flush]:
        for encoded in target.encode(frame):
            yield _moved(encoded, target, origin)
