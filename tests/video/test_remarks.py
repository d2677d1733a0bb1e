"""What is said of a file before it is edited."""

from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from steadyface.video.info import open_video, probe, readable
from steadyface.video.reader import read_frames
from steadyface.video.remarks import lost, remarks
from steadyface.video.writer import write_video


@pytest.mark.parametrize(
    ("codec", "source", "lines"),
    [
        ("auto", "yuv420p", []),
        ("auto", "yuv420p10le", []),
        ("auto", "nv12", []),
        ("h264", "yuv420p10le", ["edited.mp4 has 8 bits a sample, the input 10"]),
        ("auto", "yuv422p", ["edited.mp4 has colours at half the input's resolution"]),
        ("auto", "yuva444p12le", ["edited.mp4 has no alpha, the input does"]),
        ("ffv1", "yuva444p12le", []),
        ("exr", "yuva444p12le", []),
        ("prores", "yuva444p12le", ["edited.mov has 10 bits a sample, the input 12"]),
    ],
)
def test_what_a_result_cannot_hold_is_said(codec: str, source: str, lines: list[str]) -> None:
    found = lost(codec, source)
    assert len(found) == len(lines)
    assert all(one.startswith(other) for one, other in zip(found, lines, strict=True))


def test_nothing_is_said_of_a_plain_file(make_clip, grid_clip: Path) -> None:
    assert remarks(make_clip(sound="aac", pts=range(30))) == ()
    assert remarks(grid_clip) == ()


def test_sound_that_mp4_cannot_hold(make_clip) -> None:
    path = make_clip("in.avi", container="avi", codec="mpeg4", sound="pcm_s16le", pts=range(30))
    assert remarks(path) == ("the sound (pcm_s16le) is encoded as AAC, since mp4 can't hold it",)
    assert remarks(path, sound=False) == ()


def test_a_clock_that_jumps(make_clip, tmp_path: Path) -> None:
    path = make_clip("one.ts", container="mpegts", pts=range(25))
    joined = tmp_path / "joined.ts"
    joined.write_bytes(path.read_bytes() * 2)
    (line,) = remarks(joined)
    assert line.startswith("the file's clock jumps at 1.")


def test_tags_and_names_that_are_not_utf_8(make_clip, tmp_path: Path) -> None:
    path = make_clip("in.mkv", sound="aac", pts=range(12))
    tagged = tmp_path / "tagged.mkv"
    with av.open(str(path)) as source, av.open(str(tagged), "w", metadata_encoding="cp1252") as target:
        streams = {stream.index: target.add_stream_from_template(stream) for stream in source.streams}
        target.metadata["title"] = "Café über"
        streams[1].metadata["title"] = "Straße"
        for packet in source.demux():
            if packet.size:
                packet.stream = streams[packet.stream.index]
                target.mux(packet)
    assert "Straße".encode("cp1252") in tagged.read_bytes()
    assert remarks(tagged) == ()
    write_video(tmp_path / "out.mp4", read_frames(tagged), probe(tagged), audio_from=tagged)
    with open_video(tmp_path / "out.mp4") as result:
        assert result.streams.audio[0].metadata["name"] == "Straße"
    with av.open(str(tagged), metadata_errors="surrogateescape") as source:
        assert readable(source.metadata["title"]) == "Café über"


@pytest.mark.parametrize("clear", [False, True])
def test_alpha_is_only_missed_where_something_shines_through(tmp_path: Path, clear: bool) -> None:
    path = tmp_path / "still.png"
    image = np.full((48, 64, 4), 255, np.uint8)
    image[:4, :4, 3] = 100 if clear else 255
    cv2.imwrite(str(path), image)
    assert any("no alpha" in line for line in remarks(path)) == clear
