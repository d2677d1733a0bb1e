"""What is in front of the face, with a stand-in for the network."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from steadyface.clip.aligned import Aligned
from steadyface.clip.segments import Segments
from steadyface.faces.occlusion import OcclusionMask
from steadyface.runs.run import Run
from steadyface.stages.covered import Covers, beyond, outlined
from steadyface.stitching.compositor import Compositor
from steadyface.stitching.settings import Compositing

SIDE = 64
SQUARE = np.array([(-0.5, -0.5), (-0.5, 63.5), (63.5, 63.5), (63.5, -0.5)])
"""The whole of a frame of that size."""


def patch(top: int, left: int, size: int = 16) -> np.ndarray:
    mask = np.zeros((SIDE, SIDE), np.float32)
    mask[top : top + size, left : left + size] = 1
    return mask


class Stand:
    """Says of each frame, by its grey level, what covers it."""

    def __init__(self, masks: dict[int, np.ndarray]) -> None:
        self.masks = masks

    def find(self, picture: np.ndarray) -> np.ndarray:
        return self.masks.get(int(picture[0, 0, 0]), np.zeros((SIDE, SIDE), np.float32))


@pytest.fixture
def covered(grey_clip, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Sequence[int], dict], Aligned]:
    def make(greys: Sequence[int], masks: dict[int, np.ndarray]) -> Aligned:
        clip = grey_clip(greys, SIDE)
        monkeypatch.setattr(OcclusionMask, "load", lambda: Stand(masks))
        whole = np.array([SQUARE] * len(greys))
        return replace(
            clip, covers=Covers(Run.open(tmp_path / "run"), "key", clip.inputs, clip.segments, whole, (SIDE, SIDE))
        )

    return make


def test_a_mask_is_a_little_wider_and_without_specks() -> None:
    found = outlined(np.maximum(patch(20, 20), patch(50, 50, 2)))
    assert found[20:36, 20:36].min() > 250
    assert not found[46:, 46:].any()
    assert not found[:14].any()
    assert not outlined(0.39 * patch(20, 20)).any()


def test_what_covers_the_face_stays_in_front_of_the_edit(covered) -> None:
    clip = covered([10, 10, 10, 10, 10], {10: patch(24, 24)})
    assert clip.visible(2)[26:38, 26:38].max() < 0.02
    assert clip.visible(2)[:16].min() == 1
    np.testing.assert_array_equal(clip.part([3, 4]).visible(1), clip.visible(4))
    share = clip.covered()
    assert share.shape == (5,)
    assert 0.1 < share.min() < share.max() + 1e-9 < 0.5
    everywhere = np.ones((SIDE, SIDE), np.float32)
    mask = Compositor(clip, everywhere, everywhere, frozenset(), Compositing()).mask(2)
    assert mask[26:38, 26:38].max() < 0.02
    assert mask[30, 50] == 1


def test_what_is_seen_in_one_frame_alone_is_not_there(covered) -> None:
    clip = covered([10, 10, 20, 10, 10], {20: patch(24, 24)})
    assert clip.visible(2)[30, 30] > 0.15  # half of it, at most
    assert clip.visible(1).min() == 1


def test_nothing_reaches_across_a_cut(covered) -> None:
    clip = covered([10, 10, 10, 20, 20, 20], {20: patch(24, 24)})
    cut = Segments(np.arange(6), (0, 3), ((False, False),) * 2, (0, 1))
    covers = replace(clip.covers, segments=cut)
    assert not covers(2).any()
    assert covers(3)[30, 30] > 0.95


def test_a_clip_without_a_finder_is_visible(grey_clip) -> None:
    clip = grey_clip([10, 10], SIDE)
    assert clip.visible(1).min() == 1
    assert not clip.covered().any()


def test_they_are_found_once(covered, monkeypatch: pytest.MonkeyPatch) -> None:
    clip = covered([10, 10, 10], {10: patch(24, 24)})
    clip.visible(0)
    monkeypatch.setattr(OcclusionMask, "load", lambda: pytest.fail("again"))
    again = replace(clip, covers=replace(clip.covers))
    np.testing.assert_array_equal(again.visible(1), clip.visible(1))


def test_what_is_beyond_the_picture_is_not_seen() -> None:
    assert not beyond(SQUARE, (SIDE, SIDE), 32).any()
    half = np.add(SQUARE, [SIDE / 2, 0])
    found = beyond(half, (SIDE, SIDE), 32)
    assert not found[:, :16].any()
    assert (found[:, 16:] == 255).all()
    turned = np.roll(half, 1, axis=0)  # by a quarter
    assert (beyond(turned, (SIDE, SIDE), 32) > 0).mean() == 0.5
    assert (beyond(half, (SIDE, SIDE), 32) > 0).tolist() != (beyond(turned, (SIDE, SIDE), 32) > 0).tolist()


def test_a_face_that_leaves_the_picture_is_partly_covered(covered) -> None:
    clip = covered([10, 10, 10, 10], {})
    leaving = np.array([np.add(SQUARE, [12 * n, 0]) for n in range(4)])
    clip = replace(clip, covers=replace(clip.covers, quads=leaving))
    share = clip.covered()
    assert share[0] == 0
    assert (np.diff(share[1:]) > 0).all()
    assert clip.visible(3)[:, -30:].max() == 0
