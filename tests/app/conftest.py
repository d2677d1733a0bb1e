"""Short clips, and a store of runs in a temporary folder."""

import socket
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from steadyface.app.choices import Choice
from steadyface.app.clips import Clip
from steadyface.app.run_store import RunStore
from steadyface.editing.catalogue import Request
from steadyface.video.info import probe
from steadyface.video.reader import read_frames
from steadyface.video.writer import write_video


@pytest.fixture
def talking(grid_clip: Path, tmp_path: Path) -> Callable[..., Path]:
    """Cut the first frames of a real clip, with its MP2 sound."""

    def cut(frames: int = 4, name: str = "talk.mp4") -> Path:
        path = tmp_path / name
        write_video(path, read_frames(grid_clip, 0, frames), probe(grid_clip), audio_from=grid_clip, cut_sound=True)
        return path

    return cut


@pytest.fixture
def blank(tmp_path: Path) -> Callable[..., Path]:
    """Write a grey video, straight through PyAV."""

    def write(
        name: str = "blank.mp4", frames: int = 4, size: tuple[int, int] = (64, 48), sound: str | None = None
    ) -> Path:
        path = tmp_path / name
        with av.open(str(path), "w") as target:
            video = target.add_stream("libx264", rate=25)
            video.width, video.height = size
            video.pix_fmt = "yuv444p" if size[0] % 2 or size[1] % 2 else "yuv420p"
            audio = target.add_stream(sound, rate=44100) if sound else None
            for index in range(frames):
                frame = av.VideoFrame.from_ndarray(np.full((size[1], size[0], 3), 60 + index, np.uint8))
                target.mux(video.encode(frame))
            target.mux(video.encode(None))
            if audio is not None:
                samples = np.sin(np.arange(frames * 44100 // 25) / 20)
                block = av.AudioFrame.from_ndarray(
                    (9000 * samples).astype(np.int16)[None].repeat(2, 1), format="s16", layout="stereo"
                )
                block.sample_rate, block.pts, block.time_base = 44100, 0, Fraction(1, 44100)
                resampler = av.AudioResampler(audio.format.name, "stereo", 44100)
                for part in resampler.resample(block):
                    target.mux(audio.encode(part))
                target.mux(audio.encode(None))
        return path

    return write


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    made = RunStore(tmp_path / "runs")
    made.make()
    return made


@pytest.fixture
def keep(store: RunStore, blank: Callable[..., Path]) -> Callable[..., str]:
    """Put a run on the store."""

    def put(name: str = "talk.mp4", edit: str = "smile", frames: int = 4) -> str:
        clip = Clip(blank(name, frames), frames, 64, 48, 25.0)
        return store.put(clip, Choice((Request(edit),), "fast", (0, None), 1))

    return put


@pytest.fixture(scope="session")
def free_port() -> Callable[[], int]:
    """Find a port that nobody listens at."""

    def find() -> int:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return int(probe.getsockname()[1])

    return find
