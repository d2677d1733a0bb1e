import hashlib
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from steadyface.errors import InputError
from steadyface.video.info import probe
from steadyface.video.reader import read_frames
from steadyface.video.sound import mp4_holds
from steadyface.video.writer import write_video

# encoder, container of the input, sample rate, the same bytes expected in the output
COPIED = [
    ("aac", "mp4", 44100),
    ("mp2", "mpegts", 48000),
    ("mp2", "mpeg", 44100),
    ("libmp3lame", "mp4", 44100),
    ("libmp3lame", "avi", 44100),
    ("ac3", "mpegts", 48000),
    ("eac3", "mpegts", 48000),
    ("libopus", "matroska", 48000),
    ("alac", "mp4", 44100),
    ("flac", "matroska", 44100),
    ("pcm_s16le", "mov", 44100),
]
ENCODED = [("pcm_s16le", "avi", 44100), ("adpcm_ima_wav", "avi", 22050)]
VIDEO = {"avi": "mpeg4", "mpeg": "mpeg1video"}


def payloads(path: Path) -> list[str]:
    with av.open(str(path)) as source:
        packets = source.demux(source.streams.audio[0])
        return [hashlib.sha256(bytes(packet)).hexdigest() for packet in packets if packet.size]


def samples(path: Path) -> tuple[float, int, np.ndarray]:
    """Start in seconds, rate, and what is heard, mono."""
    with av.open(str(path)) as source:
        stream = source.streams.audio[0]
        resampler = av.AudioResampler("fltp", "mono", stream.rate)
        frames = list(source.decode(stream))
        blocks = [block.to_ndarray()[0] for frame in frames for block in resampler.resample(frame)]
        return float(frames[0].time), stream.rate, np.concatenate(blocks)


def shift(before: Path, after: Path, origin: float) -> tuple[float, float]:
    """How late (s) the output's sound is against where it should be, and the mean difference there."""
    start_a, rate, a = samples(before)
    start_b, same_rate, b = samples(after)
    assert rate == same_rate
    skip = round(0.1 * rate)
    heard = b[skip : skip + round(0.25 * rate)]
    expected = round((start_b + origin - start_a) * rate) + skip
    lags = range(-min(expected, rate // 20), rate // 20)
    errors = {lag: np.abs(a[expected + lag : expected + lag + len(heard)] - heard).mean() for lag in lags}
    best = min(errors, key=errors.__getitem__)
    return -best / rate, float(errors[best])


def write_back(path: Path, target: Path, start: int = 0, stop: int | None = None) -> float:
    """Write frames start .. stop-1 back with their sound; where the first one was, in seconds."""
    frames = list(read_frames(path, start, stop))
    fast = {"preset": "ultrafast"}
    write_video(target, iter(frames), probe(path), audio_from=path, cut_sound=stop is not None, options=fast)
    return float(frames[0].pts * frames[0].time_base)


@pytest.fixture(params=COPIED, ids=lambda case: f"{case[0]}-{case[1]}")
def copyable(request: pytest.FixtureRequest, make_clip) -> Path:
    sound, container, rate = request.param
    return make_clip(
        f"in.{container}",
        container=container,
        sound=sound,
        rate=rate,
        pts=range(30),
        codec=VIDEO.get(container, "libx264"),
    )


def test_copied_byte_for_byte_and_in_sync(copyable: Path, tmp_path: Path) -> None:
    origin = write_back(copyable, tmp_path / "out.mp4")
    assert payloads(tmp_path / "out.mp4") == payloads(copyable)
    assert len(payloads(copyable)) > 5
    late, error = shift(copyable, tmp_path / "out.mp4", origin)
    # Matroska's milliseconds are the coarsest clock among them.
    assert abs(late) <= 0.001
    assert error < 1e-4


def test_a_part_has_its_own_sound_in_sync_and_no_more(copyable: Path, tmp_path: Path) -> None:
    origin = write_back(copyable, tmp_path / "part.mp4", 9, 24)
    whole, part = payloads(copyable), payloads(tmp_path / "part.mp4")
    first = whole.index(part[0])
    assert first > 0
    assert part == whole[first : first + len(part)]
    assert first + len(part) < len(whole)
    start, rate, heard = samples(tmp_path / "part.mp4")
    packet = 4608 / rate
    assert abs(start) < 0.001
    assert 15 / 25 - 0.001 <= len(heard) / rate <= 15 / 25 + packet
    late, error = shift(copyable, tmp_path / "part.mp4", origin)
    assert abs(late) <= 0.001
    # A decoder that starts in the middle (Opus) needs some packets until it is exact.
    assert error < 1e-3


@pytest.mark.parametrize(("sound", "container", "rate"), ENCODED)
@pytest.mark.parametrize("span", [(0, None), (9, 24)])
def test_what_mp4_can_t_hold_becomes_aac_in_sync(
    make_clip, tmp_path: Path, sound: str, container: str, rate: int, span: tuple[int, int | None]
) -> None:
    path = make_clip("in.avi", container=container, codec="mpeg4", sound=sound, rate=rate, pts=range(30))
    assert not mp4_holds(path, 1)
    origin = write_back(path, tmp_path / "out.mp4", *span)
    with av.open(str(tmp_path / "out.mp4")) as source:
        assert source.streams.audio[0].codec_context.name == "aac"
    late, error = shift(path, tmp_path / "out.mp4", origin)
    assert abs(late) <= 1.5 / rate
    assert error < 0.02
    _, _, heard = samples(tmp_path / "out.mp4")
    assert abs(len(heard) / rate - (30 / 25 if span[1] is None else 15 / 25)) < 0.06


def test_adts_aac_is_repacked_and_sounds_the_same(make_clip, tmp_path: Path) -> None:
    path = make_clip("in.ts", container="mpegts", sound="aac", pts=range(30))
    origin = write_back(path, tmp_path / "out.mp4")
    with av.open(str(path)) as source:
        bodies = [bytes(packet)[7:] for packet in source.demux(source.streams.audio[0]) if packet.size]
    assert payloads(tmp_path / "out.mp4") == [hashlib.sha256(body).hexdigest() for body in bodies]
    assert shift(path, tmp_path / "out.mp4", origin) == (0, 0)


@pytest.mark.parametrize("delay", [0.3, 0.02])
def test_sound_that_starts_late_stays_late(make_clip, tmp_path: Path, delay: float) -> None:
    path = make_clip(sound="aac", sound_delay=delay, pts=range(30))
    write_back(path, tmp_path / "out.mp4")
    late, error = shift(path, tmp_path / "out.mp4", 0)
    # An mp4 file says when a track starts by an empty edit, in ticks of the movie and not of the sound.
    assert abs(late) <= 0.0001
    assert error < 1e-4
    assert samples(tmp_path / "out.mp4")[0] == pytest.approx(samples(path)[0], abs=0.001)


def test_grid_sound_is_the_input_s(grid_clip: Path, tmp_path: Path) -> None:
    write_back(grid_clip, tmp_path / "out.mp4")
    assert payloads(tmp_path / "out.mp4") == payloads(grid_clip)
    before, after = samples(grid_clip), samples(tmp_path / "out.mp4")
    assert before[:2] == after[:2]
    # FFmpeg plays MP2 in mp4 with its floating-point MP3 decoder, which doesn't clip.
    np.testing.assert_allclose(np.clip(after[2], -1.4, 1.4), np.clip(before[2], -1.4, 1.4), atol=1e-3)


def test_sound_and_pictures_of_one_moment_lie_together(grid_clip: Path, tmp_path: Path) -> None:
    write_back(grid_clip, tmp_path / "out.mp4")
    latest = {"audio": 0.0, "video": 0.0}
    with av.open(str(tmp_path / "out.mp4")) as source:
        packets = [packet for stream in source.streams for packet in _of(tmp_path / "out.mp4", stream.index)]
    for kind, time, _ in sorted(packets, key=lambda packet: packet[2]):
        latest[kind] = time
        assert abs(latest["audio"] - latest["video"]) < 0.25


def _of(path: Path, index: int) -> list[tuple[str, float, int]]:
    with av.open(str(path)) as source:
        packets = [packet for packet in source.demux(source.streams[index]) if packet.size]
        return [(packet.stream.type, float(packet.dts * packet.time_base), packet.pos) for packet in packets]


def test_several_streams_keep_their_languages(make_clip, tmp_path: Path) -> None:
    path = make_clip(sound="aac", pts=range(30))
    double = tmp_path / "double.mp4"
    with av.open(str(path)) as source, av.open(str(double), "w") as target:
        streams = {}
        for stream in [*source.streams.video, *source.streams.audio]:
            streams[stream.index] = [target.add_stream_from_template(stream)]
        second = target.add_stream_from_template(source.streams.audio[0])
        streams[1][0].metadata["language"], second.metadata["language"] = "eng", "deu"
        for packet in source.demux():
            if packet.size:
                data, index = bytes(packet), packet.stream.index
                packet.stream = streams[index][0]
                if index == 1:
                    twin = av.Packet(data)
                    twin.pts, twin.dts, twin.time_base = packet.pts, packet.dts, packet.time_base
                    twin.duration, twin.stream = packet.duration, second
                    target.mux(twin)
                target.mux(packet)
    write_back(double, tmp_path / "out.mp4")
    with av.open(str(tmp_path / "out.mp4")) as source:
        assert [stream.language for stream in source.streams.audio] == ["eng", "deu"]


def test_without_audio_from_the_output_is_silent(make_clip, tmp_path: Path) -> None:
    path = make_clip(sound="aac")
    write_video(tmp_path / "out.mp4", read_frames(path), probe(path))
    assert not probe(tmp_path / "out.mp4").has_audio


def test_a_source_without_sound_is_no_error(make_clip, tmp_path: Path) -> None:
    path = make_clip()
    write_video(tmp_path / "out.mp4", read_frames(path), probe(path), audio_from=path)
    assert not probe(tmp_path / "out.mp4").has_audio


def test_a_missing_sound_file_leaves_no_output(make_clip, tmp_path: Path) -> None:
    path = make_clip()
    with pytest.raises(InputError, match="no such file"):
        write_video(tmp_path / "out.mp4", read_frames(path), probe(path), audio_from=tmp_path / "gone.mp4")
    assert {entry.name for entry in tmp_path.iterdir()} == {"in.mp4"}


def test_sound_of_a_video_that_doesn_t_start_at_zero(make_clip, tmp_path: Path) -> None:
    path = make_clip("in.ts", container="mpegts", sound="mp2", rate=48000, pts=range(30, 60), sound_delay=1.2)
    origin = write_back(path, tmp_path / "out.mp4")
    assert origin > 1
    first = next(read_frames(tmp_path / "out.mp4"))
    assert first.pts * first.time_base == Fraction(0)
    assert abs(shift(path, tmp_path / "out.mp4", origin)[0]) < 1e-4
