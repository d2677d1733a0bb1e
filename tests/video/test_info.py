from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from steadyface.errors import InputError
from steadyface.video.info import frames_between, probe


def test_the_grid_clip_is_what_its_readme_says(grid_clip: Path) -> None:
    info = probe(grid_clip)
    assert (info.width, info.height, info.average_rate) == (360, 288, 25)
    assert info.time_base == Fraction(1, 90000)
    assert info.has_audio
    assert info.frame_count == 75
    assert info.rotation == 0
    assert info.pixel_format == "yuv420p"
    assert info.sample_aspect_ratio == 1


def test_the_frames_of_a_range_before_they_are_decoded(grid_clip: Path) -> None:
    info = probe(grid_clip)
    assert frames_between(info, 0, None) == 75
    assert frames_between(info, 10, None) == 65
    assert frames_between(info, 10, 12) == 2
    assert frames_between(replace(info, frame_count=None), 0, None) > 1
    assert frames_between(replace(info, frame_count=3), 5, None) == 1  # a container that is wrong


def test_rate_size_aspect_and_tags(make_clip) -> None:
    path = make_clip(time_base=Fraction(1001, 30000), size=(96, 64), aspect=Fraction(12, 11), tags=(5, 6, 5, 2))
    info = probe(path)
    assert info.average_rate == Fraction(30000, 1001)
    assert (info.width, info.height) == (96, 64)
    assert info.sample_aspect_ratio == Fraction(12, 11)
    assert (info.colour.primaries, info.colour.trc, info.colour.matrix, info.colour.range) == (5, 6, 5, 2)
    # The muxer rounds to a millisecond unless told otherwise.
    assert abs(info.duration - 12 * Fraction(1001, 30000)) < Fraction(1, 1000)
    assert info.frame_count == 12
    assert not info.has_audio
    assert info.nominal_ticks * info.time_base == Fraction(1001, 30000)


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_a_rotated_clip_has_its_displayed_size_and_pixel_shape(make_clip, rotation: int) -> None:
    info = probe(make_clip(size=(96, 64), rotation=rotation, aspect=Fraction(2)))
    turned = rotation != 180
    assert info.rotation == rotation
    assert (info.coded_width, info.coded_height) == (96, 64)
    assert (info.width, info.height) == ((64, 96) if turned else (96, 64))
    assert info.sample_aspect_ratio == (Fraction(1, 2) if turned else 2)


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"", "empty"), (b"just some words\n" * 500, "not a readable video"), (bytes(5000), "not a readable")],
)
def test_a_file_that_is_no_video(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(content)
    with pytest.raises(InputError, match=says) as caught:
        probe(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_missing_file_folder_and_text(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        probe(tmp_path / "nothing.mp4")
    with pytest.raises(InputError, match="no pictures in this folder"):
        probe(tmp_path)
    text = tmp_path / "notes.txt"
    text.write_text("FFmpeg would play this as a terminal\n" * 50, encoding="utf-8")
    with pytest.raises(InputError, match="text file"):
        probe(text)


def test_a_name_with_a_colon_is_a_file_and_not_a_protocol(make_clip, monkeypatch) -> None:
    path = make_clip("http:a.mp4")
    monkeypatch.chdir(path.parent)
    assert probe(Path("http:a.mp4")).width == 64


def test_sound_only(tmp_path: Path) -> None:
    path = tmp_path / "sound.mp4"
    with av.open(str(path), "w") as target:
        audio = target.add_stream("aac", rate=44100)
        block = av.AudioFrame.from_ndarray(np.zeros((2, 1024), np.float32), format="fltp", layout="stereo")
        block.sample_rate = 44100
        target.mux(audio.encode(block))
        target.mux(audio.encode(None))
    with pytest.raises(InputError, match="no video stream"):
        probe(path)


@pytest.mark.parametrize("size", [(64, 4), (14, 64)])
def test_a_picture_too_small_for_a_face(make_clip, size: tuple[int, int]) -> None:
    with pytest.raises(InputError, match=f"{size[0]}x{size[1]} pixels, too small to hold a face"):
        probe(make_clip(size=size))


def test_sixteen_pixels_are_enough(make_clip) -> None:
    assert probe(make_clip(size=(16, 16))).height == 16
