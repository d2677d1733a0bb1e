"""What lies outside the edit."""

import json
import math

import numpy as np
import pytest
from safetensors.numpy import save_file

from steadyface.clip.folder import OutlineFolder
from steadyface.errors import InputError
from steadyface.faces.align import uncrop
from steadyface.metrics.background import of_run, outside, reach
from steadyface.runtime.files import file_sha256
from steadyface.video.info import probe
from steadyface.video.reader import read_frames
from steadyface.video.writer import write_video

MASK = np.zeros((8, 8), np.float32)
MASK[2:6, 2:6] = 0.01


def frames(value: int) -> list[np.ndarray]:
    return [np.full((8, 8, 3), value, np.uint8) for _ in range(2)]


def test_only_what_is_outside_counts():
    edited = frames(90)
    edited[0][2:6, 2:6] = 255
    found = outside(edited, frames(90), [MASK] * 2)
    assert (found.psnr, found.largest, found.coverage) == (math.inf, 0, 0.75)


def test_a_single_pixel_outside_is_noticed():
    edited = frames(250)
    edited[1][0, 0, 1] = 10
    found = outside(edited, frames(250), [MASK] * 2)
    assert found.largest == 240
    assert found.psnr == pytest.approx(10 * math.log10(255**2 / (240**2 / (2 * 48 * 3))))


def test_nothing_outside():
    found = outside(frames(1), frames(2), [MASK + 1] * 2)
    assert math.isnan(found.psnr)
    assert found.coverage == 0


@pytest.mark.parametrize("counts", [(1, 2, 2), (2, 1, 2), (2, 2, 1)])
def test_clips_of_different_length_are_refused(counts):
    a, b, m = counts
    with pytest.raises(InputError, match="ends at frame 1"):
        outside(frames(0)[:a], frames(0)[:b], [MASK] * m)


def test_frames_of_different_size_are_refused():
    with pytest.raises(InputError, match="frame 0"):
        outside([np.zeros((8, 9, 3), np.uint8)], frames(0)[:1], [MASK])


@pytest.fixture
def run(tmp_path, grid_clip):
    """A run of five frames whose crop is white, and the folder's manifest."""
    info = probe(grid_clip)
    corners = np.array([[100.0, 60], [90, 200], [230, 210], [240, 70]])
    where = uncrop(np.ones((64, 64), np.float32), corners, (info.height, info.width), outside=0.0) > 0

    def edited(frame):
        frame.image[where] = 255
        return frame

    write_video(tmp_path / "edited.mp4", map(edited, read_frames(grid_clip, 3, 8)), info)
    (tmp_path / "state").mkdir()
    save_file({"quads": np.stack([corners] * 5)}, tmp_path / "state" / "align.safetensors")
    manifest = {"source": str(grid_clip), "source_sha256": file_sha256(grid_clip), "frames": [3, 8]}
    return tmp_path, json.loads(json.dumps(manifest))


def test_a_run_differs_outside_the_crop_by_its_encoding_only(run):
    folder, manifest = run
    found = of_run(folder, manifest)
    assert found.psnr > 35
    assert 0.5 < found.coverage < 0.9
    # One frame off, the background is another frame's.
    with pytest.raises(InputError, match="ends at frame 4"):
        of_run(folder, manifest | {"frames": [3, 7]})


def test_what_goes_on_beyond_the_crop_does_not_count(run):
    folder, manifest = run
    plain = of_run(folder, manifest)
    ramps = np.zeros((64, 64), np.float32)
    ramps[:8] = 1
    tone = {"mixture": np.zeros((64, 64, 3, 3), np.float16), "offset": np.full((64, 64, 3), 0.3, np.float16)}
    outlines = OutlineFolder(folder / "state" / "outlines")
    for index in range(5):
        outlines.write(index, np.full((32, 32), 255, np.uint8))
    sizes = {"side": np.array(40), "ground": np.array(1.0)}
    state = folder / "state" / "compose.safetensors"
    save_file({**tone, **sizes, "ramps": ramps}, state)
    extended = of_run(folder, manifest)
    assert 0.4 < extended.coverage < plain.coverage - 0.02
    older = {"person": np.full((5, 32, 32), 255, np.uint8)}
    save_file({**tone, **sizes, **older, "ramps": ramps}, state)
    assert of_run(folder, manifest) == extended
    save_file({"change": ramps}, state)
    assert of_run(folder, manifest) == plain


def test_a_source_that_changed_or_is_gone_is_not_compared(run, tmp_path):
    folder, manifest = run
    assert of_run(folder, manifest | {"source_sha256": "0"}) is None
    assert of_run(folder, manifest | {"source": str(tmp_path / "gone.mp4")}) is None
    assert of_run(folder, {}) is None


def test_reach_is_the_quad():
    corners = np.array([[9.5, 19.5], [9.5, 39.5], [29.5, 39.5], [29.5, 19.5]])
    mask = reach(corners, (60, 50))
    assert mask[20:40, 10:30].min() > 0
    rest = mask.copy()
    rest[18:42, 8:32] = 0
    assert rest.max() == 0
