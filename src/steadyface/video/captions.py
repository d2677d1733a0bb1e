"""The subtitles and chapters of a video, moved to the clock of its edited copy. In mp4, subtitles are mov_text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import av
from av.container import OutputContainer
from av.packet import Packet
from av.subtitles.stream import SubtitleStream
from av.subtitles.subtitle import AssSubtitle

from steadyface.video.info import open_video, readable

if TYPE_CHECKING:
    from av.container.core import Chapter

MILLISECOND = Fraction(1, 1000)
_HEADER = b"""[Script Info]
ScriptType: v4.00+
PlayResX: 384
PlayResY: 288

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, Underline, \
StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, Encoding
Style: Default,Arial,16,&Hffffff,&Hffffff,&H0,&H0,0,0,0,0,100,100,0,0,1,1,0,2,10,10,10,0

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
"""
"""What mov_text's encoder takes the track's style from: FFmpeg's default one."""


@dataclass(frozen=True)
class Captions:
    """One subtitle track. ``samples`` are those of mov_text: start and length in seconds, and the bytes."""

    samples: Sequence[tuple[Fraction, Fraction, bytes]]
    language: str
    title: str


def is_text(stream: SubtitleStream) -> bool:
    """Whether a track can be turned into text, and isn't pictures."""
    return stream.codec_context is not None and stream.codec_context.codec.text_sub


def read_captions(path: Path) -> list[Captions]:
    """The tracks of text of a file. Raises `InputError` if it can't be opened."""
    with open_video(path) as source:
        streams = [stream for stream in source.streams.subtitles if is_text(stream)]
        found: dict[int, list[tuple[Fraction, Fraction, bytes]]] = {stream.index: [] for stream in streams}
        for packet in source.demux(*streams) if streams else ():
            if packet.size and packet.pts is not None and (data := _sample(packet)):
                base = packet.time_base or MILLISECOND
                found[packet.stream.index].append((packet.pts * base, (packet.duration or 0) * base, data))
        tracks = list[Captions]()
        for stream in streams:
            tags = {key: readable(value) for key, value in stream.metadata.items()}
            tracks.append(Captions(found[stream.index], tags.get("language", "und"), tags.get("title", "")))
        return tracks


def _sample(packet: Packet[Any]) -> bytes:
    """A packet as mov_text (3GPP TS 26.245, section 5.17); empty if there is nothing to be read in it."""
    if packet.stream.codec_context.name == "mov_text":
        return bytes(packet) if bytes(packet)[:2] != b"\0\0" else b""
    try:
        made = cast(list[object], packet.decode())
    except av.FFmpegError:
        return b""
    lines = [each.dialogue for each in made if isinstance(each, AssSubtitle)]
    text = re.sub(rb"\{\\[^}]*\}", b"", b"\n".join(line for line in lines if line))  # without commands of style
    return len(text).to_bytes(2, "big") + text if 0 < len(text) < 2**16 else b""


def add_captions(
    target: OutputContainer, tracks: Sequence[Captions], origin: Fraction
) -> Iterator[tuple[Fraction, Packet[Any]]]:
    """Add a stream for each track; returns (seconds after `origin`, packet ready to be muxed) in the order of time.

    `origin`, in seconds on the input's clock, becomes time 0; what is over by then is left out.
    """
    placed: list[tuple[Fraction, Packet[Any]]] = []
    for track in tracks:
        stream = target.add_stream("mov_text")
        stream.codec_context.subtitle_header, stream.codec_context.time_base = _HEADER, MILLISECOND
        stream.time_base = MILLISECOND
        stream.metadata.update({"language": track.language} | ({"title": track.title} if track.title else {}))
        for start, length, data in track.samples:
            begin, end = (max(Fraction(0), moment - origin) for moment in (start, start + length))
            if end > begin:
                packet = Packet(data)
                packet.pts = packet.dts = round(begin / MILLISECOND)
                packet.duration = round((end - begin) / MILLISECOND)
                packet.time_base, packet.stream = MILLISECOND, stream
                placed.append((begin, packet))
    return iter(sorted(placed, key=lambda each: each[0]))


def chapters_of(path: Path, origin: Fraction, end: Fraction) -> list[Chapter]:
    """The chapters of a file between `origin`, which becomes time 0, and `end`, which is in seconds after it."""
    with open_video(path) as source:
        chapters = source.chapters()
    kept = list["Chapter"]()
    for each in chapters:
        base = each["time_base"] or MILLISECOND
        start, stop = (min(end, max(Fraction(0), ticks * base - origin)) for ticks in (each["start"], each["end"]))
        if stop > start:
            words = {key: readable(value) for key, value in each["metadata"].items()}
            first, last = round(start / MILLISECOND), round(stop / MILLISECOND)
            kept.append({"id": len(kept) + 1, "start": first, "end": last, "time_base": MILLISECOND, "metadata": words})
    return kept
