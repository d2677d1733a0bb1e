"""Sound with holes, damage, and a clock that jumps."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from steadyface.video.info import open_video, probe
from steadyface.video.reader import read_frames
from steadyface.video.sound_track import conditions
from steadyface.video.writer import write_video

RATE = 44100


def heard(path: Path) -> np.ndarray:
    """The sound's samples (N,), mono, from time 0 on."""
    with av.open(str(path)) as source:
        stream = source.streams.audio[0]
        resampler = av.AudioResampler("fltp", "mono", stream.rate)
        frames = list(source.decode(stream))
        blocks = [block.to_ndarray()[0] for frame in frames for block in resampler.resample(frame)]
        start = round(float(frames[0].time) * stream.rate)
        return np.concatenate([np.zeros(max(start, 0), np.float32), *blocks])[max(-start, 0) :]


def lateness(after: np.ndarray, at: float, before: np.ndarray, moment: float) -> tuple[float, float]:
    """How late (s) the part of ``before`` at ``moment`` is at ``at`` in ``after``, and the mean difference there."""
    length, start, first = RATE // 10, round(at * RATE), round(moment * RATE)
    part = before[first : first + length]
    lags = range(-min(start, 2000), 2000)
    errors = {lag: np.abs(after[start + lag : start + lag + length] - part).mean() for lag in lags}
    best = min(errors, key=errors.__getitem__)
    return best / RATE, float(errors[best])


def damage(path: Path, first: int, last: int, *, drop: bool = False) -> None:
    """Spoil the sound packets first .. last-1, or leave them out."""
    kept = path.with_name(f"whole{path.suffix}")
    path.rename(kept)
    with av.open(str(kept)) as source, av.open(str(path), "w") as target:
        streams = {stream.index: target.add_stream_from_template(stream) for stream in source.streams}
        seen = 0
        for packet in source.demux():
            if not packet.size:
                continue
            number, seen = seen, seen + (packet.stream.type == "audio")
            if packet.stream.type == "audio" and first <= number < last:
                if drop:
                    continue
                bad = av.Packet(bytes(byte ^ 0x55 for byte in bytes(packet)))
                bad.pts, bad.dts, bad.time_base, bad.duration = (
                    packet.pts,
                    packet.dts,
                    packet.time_base,
                    packet.duration,
                )
                bad.stream = streams[packet.stream.index]
                target.mux(bad)
                continue
            packet.stream = streams[packet.stream.index]
            target.mux(packet)


def write_back(path: Path, target: Path) -> None:
    write_video(target, read_frames(path), probe(path), audio_from=path, options={"preset": "ultrafast"})


@pytest.mark.parametrize("drop", [False, True])
@pytest.mark.parametrize("name", ["in.mp4", "in.mkv"])
def test_what_is_missing_is_silence_and_the_rest_stays_in_sync(make_clip, tmp_path: Path, name, drop: bool) -> None:
    path = make_clip(name, sound="aac", pts=range(50))
    before = heard(path)
    damage(path, 20, 32, drop=drop)
    with open_video(path) as container:
        (found,) = conditions(container, ())
    assert not found.whole
    ((when, length),) = found.holes
    assert float(when) == pytest.approx(19 * 1024 / RATE, abs=0.03)
    assert float(length) == pytest.approx(12 * 1024 / RATE, abs=0.03)
    write_back(path, tmp_path / "out.mp4")
    after = heard(tmp_path / "out.mp4")
    hole = slice(round(float(when) * RATE) + 2048, round(float(when + length) * RATE) - 2048)
    assert np.abs(before[hole]).max() > 0.2
    assert np.abs(after[hole]).max() < 0.01
    for moment in (0.2, 1.2, 1.7):
        late, error = lateness(after, moment, before, moment)
        assert abs(late) <= 0.001  # Matroska's milliseconds
        assert error < 0.01


def test_sound_of_joined_parts_stays_with_their_pictures(make_clip, tmp_path: Path) -> None:
    path = make_clip("one.ts", container="mpegts", sound="mp2", rate=RATE, pts=range(50))
    one, frames = heard(path), list(read_frames(path))
    joined = tmp_path / "joined.ts"
    joined.write_bytes(path.read_bytes() * 2)
    write_back(joined, tmp_path / "out.mp4")
    again = list(read_frames(tmp_path / "out.mp4"))
    assert len(again) == 2 * len(frames)
    second = again[len(frames)]
    after, origin = heard(tmp_path / "out.mp4"), float(frames[0].pts * frames[0].time_base)
    for offset in (0.0, float(second.pts * second.time_base)):
        for moment in (0.3, 1.0, 1.5):
            late, error = lateness(after, offset + moment, one, origin + moment)
            assert abs(late) <= 0.0002
            assert error < 0.01


def test_plain_sound_is_whole(make_clip) -> None:
    path = make_clip(sound="aac", pts=range(30))
    with open_video(path) as container:
        (found,) = conditions(container, ())
    assert found.whole
    assert found.codec == "aac"
    assert found.start == Fraction(0)
