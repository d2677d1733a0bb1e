"""Layers of an edit whose strength changes."""

import numpy as np
import pytest
import torch
from torch import Tensor

from steadyface.clip.frames import Frames
from steadyface.stages.graded import LEVELS, Graded


def squared(share: float) -> Frames:
    """A layer whose values are the square of the share, and the row."""

    def made(rows) -> Tensor:
        return torch.stack([torch.full((4, 2, 2), share**2) * (1 + row) for row in rows])

    return made


def test_each_row_has_its_share_and_nothing_is_left_of_none() -> None:
    shares = np.array([0.0, 0.25, 0.5, 0.375, 1.0, 0.1])
    found = Graded.of(squared, shares)(range(6))[:, 0, 0, 0]
    between = (0.25**2 + 0.5**2) / 2
    expected = [0, 0.25**2 * 2, 0.5**2 * 3, between * 4, 1 * 5, 0.4 * 0.25**2 * 6]
    assert found.tolist() == pytest.approx(expected, rel=2e-3)


def test_a_level_is_made_once_and_only_if_it_is_shown() -> None:
    made = []

    def layers(share: float) -> Frames:
        made.append(share)
        return squared(share)

    graded = Graded.of(layers, np.linspace(0.0, 0.4, 9))
    graded(range(9))
    assert sorted(made) == [1 / LEVELS, 2 / LEVELS]


def test_it_follows_the_curve_without_a_jump() -> None:
    shares = np.linspace(0, 1, 101)
    found = Graded.of(squared, shares)(range(101))[:, 0, 0, 0] / (1 + torch.arange(101))
    assert (found.diff() >= 0).all()
    assert found.diff().max() < 0.03
    torch.testing.assert_close(found, torch.from_numpy(shares).float() ** 2, atol=0.02, rtol=0)
