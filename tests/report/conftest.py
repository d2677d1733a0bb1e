"""A small finished run."""

import json
from pathlib import Path

import numpy as np
import pytest

from steadyface.clip.folder import FrameFolder

SIZE, FRAMES = 64, 5


@pytest.fixture
def finished(tmp_path: Path) -> Path:
    """Input still, direct flickering in its upper half, edited still; losses of one stage; a manifest."""
    rng = np.random.default_rng(0)
    still = rng.integers(40, 200, (SIZE, SIZE, 3), np.uint8)
    for part in ("input", "inverted", "direct", "edited"):
        folder = FrameFolder(tmp_path / "aligned" / part)
        for index in range(FRAMES):
            picture = still.copy()
            if part == "direct" and index % 2:
                picture[: SIZE // 2] = picture[: SIZE // 2] // 2
            folder.write(index, picture)
    manifest = {
        "source": "a <clip>.mp4",
        "edits": [{"name": "age", "strength": 0.5}],
        "model": "mobile-ffhq-256",
        "seed": 0,
        "frame_rate": 30.0,
        "preset": {"name": "default"},
        "stages": {"refine": {"seconds": 90.0, "peak_memory_mb": 512}},
        "weights": {"mobile-ffhq": "ab" * 32, "attributes": "cd" * 32},
    }
    (tmp_path / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return tmp_path
