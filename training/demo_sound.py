"""The sound of the clip that ships, and its file."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

SAMPLE_RATE = 44100
PITCH = 118.0
"""Hz."""
HARMONICS = 32
BANDWIDTHS = (90.0, 120.0, 180.0)
"""Of the formants, Hz."""


def speech(mouth: Array, rate: int) -> Array:
    """Vowels (samples,) within 0.5 of 0 for a mouth's opening by frame, 0 to 1.

    Harmonics of a falling pitch, each as strong as the resonances of a vocal tract let it: the first formant rises as
    the mouth opens (Fant, "Acoustic Theory of Speech Production", 1960), the second wanders.
    """
    count = len(mouth) * SAMPLE_RATE // rate
    time = np.arange(count) / SAMPLE_RATE
    opening = np.interp(time, (np.arange(len(mouth)) + 0.5) / rate, mouth)
    pitch = PITCH * (1.1 - 0.1 * time + 0.04 * np.sin(2 * np.pi * 1.7 * time))
    phase = 2 * np.pi * np.cumsum(pitch) / SAMPLE_RATE
    formants = (300 + 420 * opening, 1350 + 350 * np.sin(2 * np.pi * 1.3 * time), np.full(count, 2500.0))
    sound = np.zeros(count)
    for harmonic in range(1, HARMONICS + 1):
        frequency = harmonic * pitch
        gain = sum(
            weight / (1 + ((frequency - formant) / width) ** 2)
            for weight, formant, width in zip((1.0, 0.5, 0.2), formants, BANDWIDTHS, strict=True)
        )
        sound += gain * np.sin(harmonic * phase) / harmonic**0.5
    sound *= np.clip(1.2 * opening - 0.1, 0, 1)
    return 0.5 * sound / np.abs(sound).max()


def write_clip(path: Path, frames: list[NDArray[np.uint8]], rate: int, sound: Array) -> None:
    """Write frames (H, W, 3) and mono sound as H.264 and AAC."""
    with av.open(str(path), "w", options={"movflags": "+faststart"}) as container:
        container.metadata["comment"] = "A person who does not exist; made by training/make_demo_clip.py"
        video = container.add_stream("libx264", rate=rate)
        video.height, video.width = frames[0].shape[:2]
        video.pix_fmt = "yuv420p"
        video.options = {"crf": "15", "preset": "veryslow"}
        voice = container.add_stream("aac", rate=SAMPLE_RATE, layout="mono")
        voice.bit_rate = 64000
        for number, frame in enumerate(frames):
            picture = av.VideoFrame.from_ndarray(frame, format="rgb24")
            picture.pts, picture.time_base = number, Fraction(1, rate)
            container.mux(video.encode(picture))
        container.mux(video.encode(None))
        block = 1024
        for start in range(0, len(sound), block):
            part = av.AudioFrame.from_ndarray(sound[None, start : start + block].astype(np.float32), "fltp", "mono")
            part.sample_rate, part.pts, part.time_base = SAMPLE_RATE, start, Fraction(1, SAMPLE_RATE)
            container.mux(voice.encode(part))
        container.mux(voice.encode(None))
