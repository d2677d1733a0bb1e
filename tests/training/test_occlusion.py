"""The drawn occluders and the samples made of them, against what they are made from."""

import math

import numpy as np
import pytest
import torch

from occluder_shapes import Pen, over
from occluders import TRAINED, UNSEEN, occluder
from occlusion_faces import SIDE, Faces
from occlusion_samples import sample
from train_occlusion import AROUND, loss_of


@pytest.fixture(scope="module")
def faces() -> Faces:
    """Two grey pictures whose middle is a face."""
    pictures = np.full((2, SIDE, SIDE, 3), 120, np.uint8)
    pictures[1] = 180
    masks = np.zeros((2, SIDE, SIDE), np.uint8)
    masks[:, SIDE // 4 : -SIDE // 4, SIDE // 4 : -SIDE // 4] = 255
    return Faces(pictures, masks, masks)


@pytest.mark.parametrize("kind", [*TRAINED, *UNSEEN])
def test_an_occluder_changes_what_its_mask_covers_and_nothing_else(faces: Faces, kind: str) -> None:
    background, areas = np.full((SIDE, SIDE, 3), 77, np.float32), []
    for seed in range(8):
        layer = occluder(Pen(np.random.default_rng(seed), faces), kind)
        alpha = layer[1]
        assert 0 <= alpha.min() <= alpha.max() <= 1
        assert np.isfinite(layer[0]).all()
        picture, covered = over((background, np.zeros((SIDE, SIDE), np.float32)), layer)
        np.testing.assert_array_equal(covered, alpha)
        np.testing.assert_array_equal(picture[alpha == 0], 77)
        np.testing.assert_allclose(picture[alpha == 1], layer[0][alpha == 1], atol=1e-3)
        areas.append((alpha > 0.5).mean())
    assert np.mean(areas) > 0.01
    assert max(areas) < 0.95


def test_a_sample_is_its_seeds_and_without_an_occluder_nothing_is_covered(faces: Faces) -> None:
    def made(seed: int, kind: str | None) -> list[np.ndarray]:
        return list(vars(sample(faces, 0, np.random.default_rng(seed), kind)).values())

    for first, second in zip(made(3, "hand"), made(3, "hand"), strict=True):
        np.testing.assert_array_equal(first, second)
    assert made(3, "ball")[1].max() > 0.9
    assert all(made(seed, None)[1].max() == 0 for seed in range(10))
    share = np.mean([made(seed, None)[2].mean() for seed in range(10)])
    assert share == pytest.approx(0.25, abs=0.05)  # the face's, moved and turned a little


def test_the_loss_of_certain_and_of_undecided_masks() -> None:
    covered = torch.zeros(1, 1, 4, 4)
    covered[..., :2] = 1
    outlines = torch.ones(1, 1, 4, 4)
    assert float(loss_of(40 * (2 * covered - 1), covered, outlines)) == pytest.approx(0, abs=1e-6)
    dice = 1 - (2 * 0.5 * 8 + 1) / (0.5 * 16 + 8 + 1)
    assert float(loss_of(torch.zeros(1, 1, 4, 4), covered, outlines)) == pytest.approx(math.log(2) + dice)
    outlines[..., 0] = 0  # a column of what is covered isn't the face
    wrong = torch.zeros(1, 1, 4, 4)
    wrong[..., 0] = -2
    near, far = (float(loss_of(wrong, covered, mask)) for mask in (outlines, torch.ones(1, 1, 4, 4)))
    assert near < far
    assert 0 < AROUND < 1
