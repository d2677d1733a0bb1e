import weakref

import cv2
import numpy as np
import pytest
import torch
from torch import Tensor

from steadyface.faces.shots import Shot, ShotFinder, find_shots
from steadyface.faces.transnet import TransNet


@pytest.fixture(scope="module")
def network() -> TransNet:
    return TransNet.load()


class Stand(TransNet):
    """Stands in for the network: the frames' grey tells what it says of them. Keeps what it was shown."""

    def __init__(self, single: dict[int, float], extent: set[int] = frozenset()) -> None:
        super().__init__()
        self.single, self.extent = single, extent
        self.windows: list[list[int]] = []

    def forward(self, frames: Tensor) -> Tensor:
        greys = frames[:, 0, 0, 0].tolist()
        self.windows.append(greys)
        return torch.tensor([[self.single.get(grey, 0.1), float(grey in self.extent)] for grey in greys])


def greys(count: int) -> list[np.ndarray]:
    """As many frames, the grey of each of which is its number."""
    return [np.full((36, 64, 3), number, np.uint8) for number in range(count)]


def dissolved(before: list[np.ndarray], after: list[np.ndarray], count: int) -> list[np.ndarray]:
    """The last frames of one list turn into the first ones of the other, `count` of them."""
    shares = (np.arange(count) + 1) / (count + 1)
    pairs = zip(before[-count:], after[:count], shares, strict=True)
    mixed = [np.round((1 - share) * a + share * b).astype(np.uint8) for a, b, share in pairs]
    return [*before[:-count], *mixed, *after[count:]]


@pytest.fixture
def drive(photograph: np.ndarray) -> list[np.ndarray]:
    """30 frames of another picture, which slides by."""
    return [np.ascontiguousarray(photograph[100:388, t : t + 360]) for t in range(0, 60, 2)]


@pytest.mark.parametrize("total", [1, 2, 49, 50, 51, 75, 76, 100, 125, 126, 201])
def test_every_frame_is_judged_once_in_the_middle_of_a_window(total):
    stand = Stand({})
    assert find_shots(greys(total), network=stand) == [Shot(0, total)]
    # All frames in one row, 25 more in front, and behind them as many as fill the windows.
    row = np.pad(np.arange(total), (25, 25 + -total % 50), "edge")
    assert stand.windows == [row[start : start + 100].tolist() for start in range(0, len(row) - 99, 50)]


def test_frames_are_not_kept():
    finder = ShotFinder(Stand({}))
    for number in range(120):
        frame = np.full((36, 64, 3), number, np.uint8)
        seen = weakref.ref(frame)
        finder.push(frame)
        del frame
        assert seen() is None
    assert finder.finish() == [Shot(0, 120)]


def test_no_frames_no_shots():
    assert find_shots([], network=Stand({})) == []


@pytest.mark.parametrize("last", [0, 24, 49, 50, 98])
def test_a_cut_is_behind_the_frame_that_is_told(last):
    shots = find_shots(greys(100), network=Stand({last: 0.9}, {last}))
    assert shots == [Shot(0, last + 1), Shot(last + 1, 100)]


def test_the_end_is_no_cut_and_neither_is_one_half():
    assert find_shots(greys(70), network=Stand({30: 0.5, 69: 0.9})) == [Shot(0, 70)]


def test_neighbouring_frames_are_one_boundary_behind_the_likeliest():
    assert find_shots(greys(60), network=Stand({20: 0.6, 21: 0.8, 22: 0.7})) == [Shot(0, 22), Shot(22, 60)]


def test_a_dissolve_is_divided_and_its_frames_are_not_clear():
    first, second = find_shots(greys(60), network=Stand({23: 0.9}, set(range(20, 28)) | {50}))
    assert (first, second) == (Shot(0, 24, fade_out=4), Shot(24, 60, fade_in=4))
    assert first.clear == range(20)
    assert second.clear == range(28, 60)


def test_a_shot_may_have_no_clear_frame():
    _, middle, _ = find_shots(greys(60), network=Stand({22: 0.9, 30: 0.9}, set(range(20, 35))))
    assert middle == Shot(23, 31, fade_in=8, fade_out=8)
    assert not middle.clear


def test_a_cut_between_real_pictures(network, clip, drive):
    assert find_shots([*clip[:30], *drive], network=network) == [Shot(0, 30), Shot(30, 60)]


@pytest.mark.parametrize("count", [7, 12])
def test_a_dissolve_between_real_pictures(network, clip, drive, count):
    frames = dissolved(clip[:35], drive, count)
    first, second = find_shots(frames, network=network)
    assert 35 - count < first.end == second.first < 35
    assert abs(first.clear.stop - (35 - count)) <= 1
    assert abs(second.clear.start - 35) <= 1


def test_a_speaker_is_one_shot(network, clip):
    assert find_shots(clip, network=network) == [Shot(0, 75)]


def test_a_still_is_one_shot(network, photograph):
    assert find_shots([photograph] * 40, network=network) == [Shot(0, 40)]


def lit(frame: np.ndarray) -> np.ndarray:
    """The frame in a flash's light."""
    return np.clip(frame * 1.3 + 40.0, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("lasts", [1, 2, 5])
def test_a_flash_is_no_boundary(network, clip, lasts):
    frames = [*clip[:20], *map(lit, clip[20 : 20 + lasts]), *clip[20 + lasts : 45]]
    assert find_shots(frames, network=network) == [Shot(0, 45)]


def test_a_cut_through_white_is_a_boundary(network, clip, drive):
    frames = [*clip[:20], *[np.full_like(clip[0], 255)] * 3, *drive[3:]]
    shots = find_shots(frames, network=network)
    assert len(shots) > 1
    assert all(20 <= shot.first <= 23 for shot in shots[1:])


@pytest.mark.parametrize("lasts", range(1, 7))
def test_only_what_returns_within_five_frames_is_a_flash(lasts):
    frames = greys(60)
    frames[20 : 20 + lasts] = [np.full_like(frames[0], 200)] * lasts
    shots = find_shots(frames, network=Stand({19: 0.9, 200: 0.9}))
    assert (shots == [Shot(0, 60)]) == (lasts <= 5)


@pytest.mark.parametrize("speed", [10, 40])
def test_a_fast_pan_is_no_boundary(network, photograph, speed):
    wide = cv2.resize(photograph, (2048, 288))
    frames = [wide[:, start : start + 360] for start in range(0, 40 * speed, speed)]
    assert find_shots(frames, network=network) == [Shot(0, 40)]
