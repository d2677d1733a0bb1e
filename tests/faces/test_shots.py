import numpy as np
import pytest

from steadyface.faces.shots import CutFinder


def scene(seed: int) -> np.ndarray:
    """A wide picture of soft blobs, (120, 900, 3)."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:120, :900]
    out = np.full((120, 900, 3), 100.0)
    for _ in range(60):
        cx, cy, r = rng.uniform(0, 900), rng.uniform(0, 120), rng.uniform(15, 50)
        out += rng.uniform(-90, 90, 3) * np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / r**2)[..., None]
    return np.clip(out, 0, 255).astype(np.uint8)


def cuts(frames) -> list[int]:
    """The numbers of the frames that begin a new shot."""
    finder = CutFinder()
    found = [finder.push(frame) for frame in frames]
    return [cut for cut in [*found, finder.finish()] if cut is not None]


def pan(seed: int, total: int, speed: int, start: int = 0) -> list[np.ndarray]:
    wide = scene(seed)
    return [wide[:, start + i * speed : start + i * speed + 160] for i in range(total)]


@pytest.mark.parametrize("speed", [0, 3, 20])
def test_a_cut_is_found_at_its_frame(speed):
    assert cuts(pan(0, 12, speed) + pan(1, 12, speed)) == [12]


@pytest.mark.parametrize("speed", [0, 1, 5, 20, 60])
def test_motion_is_not_a_cut(speed):
    assert cuts(pan(2, 12, speed)) == []


def test_several_and_short_shots():
    frames = pan(0, 5, 1) + pan(1, 3, 1) + pan(2, 6, 1)
    assert cuts(frames) == [5, 8]


def test_the_last_and_the_second_frame_can_be_cuts():
    assert cuts(pan(0, 5, 1) + pan(1, 1, 1)) == [5]
    assert cuts(pan(0, 1, 1) + pan(1, 5, 1)) == [1]


@pytest.mark.parametrize("lasts", [1, 2, 8])
def test_light_is_not_a_cut(lasts):
    frames = pan(3, 16, 1)
    for i in range(5, 5 + lasts):
        frames[i] = np.clip(frames[i] * 1.3 + 40.0, 0, 255).astype(np.uint8)
    assert cuts(frames) == []


def test_a_white_flash_is_not_a_cut():
    frames = pan(3, 16, 1)
    frames[7] = np.full_like(frames[7], 255)
    assert cuts(frames) == []


def test_noise_on_a_flat_picture_is_not_a_cut():
    rng = np.random.default_rng(0)
    frames = [rng.normal(30, 6, (120, 160, 3)).clip(0, 255).astype(np.uint8) for _ in range(20)]
    assert cuts(frames) == []


def test_a_real_speaker(clip, photograph):
    assert cuts(clip) == []
    photo = photograph[:288, :360]
    assert cuts([*clip[:9], photo, photo]) == [9]


@pytest.mark.parametrize("total", [0, 1])
def test_too_short_for_a_cut(total):
    assert cuts(pan(0, total, 0)) == []
