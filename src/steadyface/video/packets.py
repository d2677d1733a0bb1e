"""The packets of a file's pictures as players take them: without a beginning that can't be decoded, on one clock.

A file that was cut without encoding it anew may begin inside a group of pictures, and one that was joined from parts,
or recorded while the sender restarted, has a clock that jumps.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream

RESTARTS = 0x0200
"""FFmpeg's flag of formats whose clock may jump, such as transport streams (AVFMT_TS_DISCONT)."""
LONGEST_PAUSE = 10
"""Seconds from which on a step forward, in such a format, is a jump. FFmpeg's program has the same number."""
LAST = 3
"""How many packets of a part may be read after the one on which the next part's beginning is blamed."""
WAITING = ("h264", "hevc", "mpeg1video", "mpeg2video", "vp8", "vp9")
"""Codecs of which nothing can be decoded before a key picture, and whose containers mark those."""
_MPEG = ("mpeg1video", "mpeg2video")
_START, _GROUP = b"\x00\x00\x01", b"\x00\x00\x01\xb8"
_IDR = 5


@dataclass
class Clock:
    """By how much the timestamps of one stream are shifted, so that they go on after a jump.

    All but `base` (seconds) are in ticks of it. Packets are given to `jumps` in the file's order.
    """

    base: Fraction
    slack: int
    """How far timestamps may go back without its being a jump: they are coarse in some formats."""
    restarts: bool
    """Whether long steps forward are jumps, too."""
    shift: int = 0
    end: int | None = field(default=None, init=False)
    """The end of what has been seen, shifted."""
    _dts: int | None = field(default=None, init=False)

    @classmethod
    def of(cls, container: InputContainer, base: Fraction, slack: int) -> Clock:
        """Of a stream of an open file."""
        return cls(base, slack, bool(container.format.flags & RESTARTS))

    def jumps(self, packet: Packet[Any]) -> bool:
        """Whether the clock jumps at a packet of the file."""
        if packet.dts is None or packet.pts is None or self._dts is None or self.end is None:
            return False
        back = packet.dts + self.slack < self._dts and packet.pts + self.shift < self.end
        return back or (self.restarts and (packet.pts + self.shift - self.end) * self.base > LONGEST_PAUSE)

    def follow(self, packet: Packet[Any], duration: int) -> None:
        """Shift a packet's timestamps."""
        self._dts = packet.dts if packet.dts is not None else self._dts
        if packet.dts is not None:
            packet.dts += self.shift
        if packet.pts is not None:
            packet.pts += self.shift
            self.end = max(packet.pts + duration, packet.pts if self.end is None else self.end)


@dataclass(frozen=True)
class Coded:
    """A packet of pictures on the new clock, `data`; an empty one at the end."""

    data: Packet[VideoStream]
    fresh: bool = False
    """Whether a decoder should begin with it, since it is the first one, or the first after a jump."""
    strict: bool = True
    """Of a fresh one: whether everything that what follows refers to is there."""
    damaged: bool = False
    """Whether the container says that data are missing."""


@dataclass
class Pictures:
    """Reads the packets of a picture stream, and says what was done to them.

    `skipped` counts the packets that can't be decoded since pictures that they need were cut away, `left_out` those of
    them that the container doesn't hide anyhow. `jumps` are the clock's: when, and the shift after it, both in seconds
    on the new clock, and so is `end`.
    """

    container: InputContainer
    stream: VideoStream
    ticks: int
    """Length of a frame at the nominal rate."""
    left_out: int = 0
    skipped: int = 0
    end: Fraction = Fraction(0)
    jumps: list[tuple[Fraction, Fraction]] = field(default_factory=list)

    def packets(self) -> Iterator[Coded]:
        """Yield the packets in the file's order."""
        waiting = list[Coded]()
        for each in self._straightened():
            # A part's last packets count as damaged only because the next part's first one doesn't continue them.
            if each.fresh:
                yield from (replace(one, damaged=False) for one in waiting)
                waiting.clear()
            waiting.append(each)
            if not waiting[0].damaged or len(waiting) > LAST:
                yield from waiting
                waiting.clear()
        yield from waiting

    def _straightened(self) -> Iterator[Coded]:
        assert self.stream.time_base is not None
        clock = Clock.of(self.container, self.stream.time_base, self.ticks)
        key: int | None = None  # of the group's first picture, while those are read that are shown before it
        begun, waits = False, self.stream.codec_context.name in WAITING
        for packet in self.container.demux(self.stream):
            if not packet.size:
                yield Coded(packet)
                continue
            jumps = clock.jumps(packet)
            if jumps and packet.pts is not None and clock.end is not None:
                clock.shift = clock.end - packet.pts
                self.jumps.append((clock.end * clock.base, clock.shift * clock.base))
            fresh = (packet.is_keyframe or not waits) and (jumps or not begun)
            if fresh:  # `key` is on the file's clock, as the pictures' own timestamps are here
                begun, key = True, None if self._closed(packet) else packet.pts
            elif not begun or (key is not None and packet.pts is not None and packet.pts < key):
                self.skipped += 1
                self.left_out += not packet.is_discard
                continue
            else:
                key = None
            clock.follow(packet, self.ticks)
            self.end = (clock.end or 0) * clock.base
            strict = not fresh or self._alone(packet)
            yield Coded(packet, fresh, strict, packet.is_corrupt)

    def _closed(self, packet: Packet[VideoStream]) -> bool:
        """Whether pictures that are shown before this key picture can be decoded with it alone."""
        if self.stream.codec_context.name not in _MPEG:
            return False
        data = bytes(packet)
        place = data.find(_GROUP)
        return 0 <= place < len(data) - 7 and bool(data[place + 7] & 0x40)

    def _alone(self, packet: Packet[VideoStream]) -> bool:
        """Whether no later picture refers to one before this key picture.

        In H.264, commands that release pictures may go on naming those that were cut away.
        """
        if self.stream.codec_context.name != "h264":
            return True
        return any(kind == _IDR for kind in _units(bytes(packet), self.stream.codec_context.extradata))


def _units(data: bytes, extradata: bytes | None) -> Iterator[int]:
    """The kinds of an H.264 packet's units (ISO/IEC 14496-10, table 7-1; 14496-15 if lengths are before them)."""
    if extradata and extradata[0] == 1:
        size, place = (extradata[4] & 3) + 1, 0
        while place + size < len(data):
            yield data[place + size] & 31
            place += size + int.from_bytes(data[place : place + size], "big")
        return
    place = data.find(_START)
    while 0 <= place < len(data) - 3:
        yield data[place + 3] & 31
        place = data.find(_START, place + 3)
