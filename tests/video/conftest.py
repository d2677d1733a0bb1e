"""Clips made on the spot, straight through PyAV and not through the code under test."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

MakeClip = Callable[..., Path]


def picture(index: int, width: int, height: int) -> np.ndarray:
    """A smooth picture, unlike all its mirror images, whose brightness tells its index."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    red = 60 + 120 * x / width
    green = 40 + 150 * y / height
    blue = 30 + (index * 7) % 190 + 0 * x
    return np.stack([red, green, blue], axis=-1).round().astype(np.uint8)


def tone(rate: int, seconds: float) -> np.ndarray:
    """A rising tone, float32 (2, N): any shift in time shows."""
    t = np.arange(int(rate * seconds)) / rate
    wave = 0.3 * np.sin(2 * np.pi * (300 + 400 * t) * t)
    return np.stack([wave, wave]).astype(np.float32)


@pytest.fixture
def draw() -> Callable[[int, int, int], np.ndarray]:
    return picture


@pytest.fixture
def make_clip(tmp_path: Path) -> MakeClip:
    def make(
        name: str = "in.mp4",
        *,
        pts: Sequence[int] = range(12),
        last: int = 1,
        time_base: Fraction = Fraction(1, 25),
        size: tuple[int, int] = (64, 48),
        codec: str = "libx264",
        container: str | None = None,
        rotation: int = 0,
        hflip: bool = False,
        tags: tuple[int, int, int, int] | None = None,
        aspect: Fraction = Fraction(1),
        sound: str | None = None,
        rate: int = 44100,
        sound_delay: float = 0.0,
    ) -> Path:
        path = tmp_path / name
        width, height = size
        odd = width % 2 or height % 2
        with av.open(str(path), "w", format=container) as target:
            video = target.add_stream(codec, rate=round(1 / time_base) if time_base > Fraction(1, 100) else 25)
            context = video.codec_context
            context.width, context.height = size
            context.pix_fmt = "yuv444p" if odd else "yuv420p"
            context.time_base = time_base
            context.sample_aspect_ratio = aspect
            context.flags |= av.codec.context.Flags.frame_duration
            if codec == "libx264":
                context.options = {"crf": "8"}
            if tags is not None:
                context.color_primaries, context.color_trc, context.colorspace, context.color_range = tags
            if rotation or hflip:
                video.set_display_rotation(rotation, hflip=hflip)
            audio = target.add_stream(sound, rate=rate) if sound else None
            for index, stamp in enumerate(pts):
                frame = av.VideoFrame.from_ndarray(picture(index, width, height), format="rgb24")
                frame.pts, frame.time_base, frame.duration = stamp, time_base, last
                target.mux(video.encode(frame))
            target.mux(video.encode(None))
            if audio is not None:
                samples = tone(rate, float((pts[-1] + last - pts[0]) * time_base))
                for start in range(0, samples.shape[1], 1024):
                    block = av.AudioFrame.from_ndarray(
                        samples[:, start : start + 1024].copy(), format="fltp", layout="stereo"
                    )
                    block.sample_rate, block.pts = rate, start + round(rate * sound_delay)
                    block.time_base = Fraction(1, rate)
                    target.mux(audio.encode(block))
                target.mux(audio.encode(None))
        return path

    return make
