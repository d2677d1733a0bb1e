import numpy as np
import pytest

from steadyface.stitching.mask import paste_mask, seam, spread_change
from steadyface.stitching.settings import Compositing

SETTINGS = Compositing()


def round_face(size: int = 128) -> np.ndarray:
    """468 points of a disc in the middle of a crop."""
    angle = np.linspace(0, 12 * np.pi, 468)
    radius = size * 0.25 * np.linspace(0.1, 1, 468)
    return size / 2 + np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)


def test_mask_covers_the_face_and_fades_before_the_border() -> None:
    mask = paste_mask(round_face(), np.zeros((128, 128), np.float32), SETTINGS)
    assert mask[64, 64] == pytest.approx(1.0, abs=1e-3)
    border = np.concatenate([mask[0], mask[-1], mask[:, 0], mask[:, -1]])
    assert border.max() == 0
    assert np.abs(np.diff(mask, axis=1)).max() < 0.35


def test_mask_grows_with_what_the_edit_changes() -> None:
    change = np.zeros((128, 128), np.float32)
    change[10:20, 60:70] = 1.0
    plain = paste_mask(round_face(), np.zeros_like(change), SETTINGS)
    grown = paste_mask(round_face(), spread_change(change, SETTINGS), SETTINGS)
    assert grown[15, 65] > 0.9 > 0.1 > plain[15, 65]
    assert (grown >= plain).all()


def test_seam_is_where_the_mask_ends() -> None:
    mask = paste_mask(round_face(), np.zeros((128, 128), np.float32), SETTINGS)
    ring = seam(mask)
    assert ring[64, 64] < 0.02
    assert ring[0, 0] < 0.02
    assert ring.max() > 0.5
    assert ring.min() >= 0
    assert ring.max() <= 1
