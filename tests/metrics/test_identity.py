"""Identity over time against sums over all pairs."""

import itertools

import numpy as np
import pytest
import torch

from steadyface.metrics.identity import (
    descriptors,
    global_consistency,
    local_consistency,
    similarity,
    tg_id,
    tl_id,
)


@pytest.fixture
def units():
    vectors = np.random.default_rng(0).normal(1, 1, (9, 16))
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def test_descriptors_are_unit_and_in_order():
    frames = [np.full((4, 4, 3), value, np.uint8) for value in (0, 40, 200)]

    def network(images):
        return torch.stack([images.mean((1, 2, 3)) + 2, images.mean((1, 2, 3)) * 0 + 3], 1)

    found = descriptors(frames, network, batch=2)
    raw = np.array([[value / 127.5 + 1, 3] for value in (0, 40, 200)])
    np.testing.assert_allclose(found, raw / np.linalg.norm(raw, axis=1, keepdims=True), atol=1e-6)


def test_global_consistency_is_the_mean_over_pairs(units):
    expected = np.mean([a @ b for a, b in itertools.combinations(units, 2)])
    assert global_consistency(units) == pytest.approx(expected)


def test_local_consistency_is_the_mean_over_neighbours(units):
    expected = np.mean([a @ b for a, b in itertools.pairwise(units)])
    assert local_consistency(units) == pytest.approx(expected)


def test_a_clip_is_as_consistent_as_itself(units):
    assert similarity(units, units) == pytest.approx(1)
    assert tl_id(units, units) == pytest.approx(1)
    assert tg_id(units, units) == pytest.approx(1)


def test_slow_drift_is_seen_globally_only():
    angle = np.linspace(0, np.pi / 2, 40)
    drifting = np.stack([np.cos(angle), np.sin(angle)], 1)
    still = np.tile([1.0, 0.0], (40, 1))
    assert tl_id(drifting, still) == pytest.approx(np.cos(angle[1]))
    assert tg_id(drifting, still) < 0.85
    assert similarity(drifting, still) == pytest.approx(np.cos(angle).mean())


def test_a_single_frame_is_consistent(units):
    assert tl_id(units[:1], units[:1]) == tg_id(units[:1], units[:1]) == 1
