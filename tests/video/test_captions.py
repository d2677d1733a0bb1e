"""Subtitles and chapters."""

from fractions import Fraction
from pathlib import Path

import av
import pytest

from steadyface.video.captions import chapters_of, read_captions
from steadyface.video.info import probe
from steadyface.video.reader import read_frames
from steadyface.video.remarks import remarks
from steadyface.video.writer import write_video

LINES = ((200, 400, "Bin blue"), (800, 300, "at A"), (1500, 300, "zwölf"))
CHAPTERS = ((0, 900, "One"), (900, 2000, "Zwei"))


@pytest.fixture
def captioned(make_clip, tmp_path: Path) -> Path:
    """A clip of two seconds with subtitles and two chapters."""
    plain, path = make_clip(pts=range(50)), tmp_path / "captioned.mkv"
    with av.open(str(plain)) as source, av.open(str(path), "w") as target:
        pictures = target.add_stream_from_template(source.streams.video[0])
        text = target.add_mux_stream("subrip")
        text.time_base = Fraction(1, 1000)
        text.metadata["language"] = "deu"
        target.set_chapters(
            [
                {"id": k, "start": a, "end": b, "time_base": Fraction(1, 1000), "metadata": {"title": title}}
                for k, (a, b, title) in enumerate(CHAPTERS, 1)
            ]
        )
        for packet in source.demux(source.streams.video[0]):
            if packet.size:
                packet.stream = pictures
                target.mux(packet)
        for start, length, line in LINES:
            packet = av.Packet(f"<i>{line}</i>".encode())
            packet.pts = packet.dts = start
            packet.duration, packet.time_base, packet.stream = length, Fraction(1, 1000), text
            target.mux(packet)
    return path


def shown(path: Path) -> list[tuple[float, float, str]]:
    """What a player shows: start and length in ms, and the text."""
    with av.open(str(path)) as source:
        stream = source.streams.subtitles[0]
        assert stream.codec_context.name == "mov_text"
        assert stream.language == "deu"
        packets = [packet for packet in source.demux(stream) if packet.size > 2]
    return [
        (
            float(1000 * packet.pts * packet.time_base),
            float(1000 * packet.duration * packet.time_base),
            bytes(packet)[2:],
        )
        for packet in packets
    ]


def test_subtitles_and_chapters_are_kept(captioned: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.mp4"
    write_video(out, read_frames(captioned), probe(captioned), captions_from=captioned)
    assert shown(out) == [(start, length, line.encode()) for start, length, line in LINES]
    with av.open(str(out)) as source:
        found = source.chapters()
    assert [each["metadata"]["title"] for each in found] == ["One", "Zwei"]
    assert [each["start"] * each["time_base"] for each in found] == [0, Fraction(9, 10)]
    assert len(list(read_frames(out))) == 50


def test_they_move_with_a_part(captioned: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.mp4"
    part = read_frames(captioned, 10, 30)
    write_video(out, part, probe(captioned), captions_from=captioned, cut_sound=True)
    assert shown(out) == [(0, 200, b"Bin blue"), (400, 300, b"at A")]
    chapters = chapters_of(captioned, Fraction(10, 25), Fraction(20, 25))
    assert [(each["start"], each["end"]) for each in chapters] == [(0, 500), (500, 800)]


def test_mov_text_is_copied(captioned: Path, tmp_path: Path) -> None:
    once, twice = tmp_path / "once.mp4", tmp_path / "twice.mp4"
    write_video(once, read_frames(captioned), probe(captioned), captions_from=captioned)
    write_video(twice, read_frames(once), probe(once), captions_from=once)
    assert read_captions(twice) == read_captions(once)
    assert remarks(once) == ()


def test_subtitles_that_are_pictures_are_said_to_be_left_out(make_clip, tmp_path: Path) -> None:
    plain, path = make_clip(pts=range(12)), tmp_path / "pictures.mkv"
    with av.open(str(plain)) as source, av.open(str(path), "w") as target:
        pictures = target.add_stream_from_template(source.streams.video[0])
        target.add_mux_stream("hdmv_pgs_subtitle")
        for packet in source.demux(source.streams.video[0]):
            if packet.size:
                packet.stream = pictures
                target.mux(packet)
    (line,) = remarks(path)
    assert line.startswith("subtitle track 1 (pgssub) can't be turned into text")
    write_video(tmp_path / "out.mp4", read_frames(path), probe(path), captions_from=path)
    assert not av.open(str(tmp_path / "out.mp4")).streams.subtitles
