"""The layers against TensorFlow's definition of "same" padding, spelled out in numpy."""

import numpy as np
import pytest
import torch

from steadyface.critics.tfjs import linear, same_conv, same_max_pool, separable_conv


def _patches(x: np.ndarray, kernel: int, stride: int, fill: float) -> np.ndarray:
    """Windows (h, w, kernel, kernel, C) of an image (H, W, C), padded so that h = ceil(H / stride)."""
    sizes = [-(-side // stride) for side in x.shape[:2]]
    missing = [max((out - 1) * stride + kernel - side, 0) for out, side in zip(sizes, x.shape[:2], strict=True)]
    x = np.pad(x, [(m // 2, m - m // 2) for m in missing] + [(0, 0)], constant_values=fill)
    rows = [
        [x[i * stride : i * stride + kernel, j * stride : j * stride + kernel] for j in range(sizes[1])]
        for i in range(sizes[0])
    ]
    return np.array(rows)


def _run(layer: torch.nn.Module, x: np.ndarray) -> np.ndarray:
    return layer(torch.from_numpy(x).permute(2, 0, 1)[None])[0].permute(1, 2, 0).detach().numpy()


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(5)


@pytest.mark.parametrize(("kernel", "stride"), [(1, 1), (1, 2), (3, 1), (3, 2)])
def test_same_conv(rng, kernel, stride):
    x = rng.normal(size=(8, 10, 4))
    filters, bias = rng.normal(size=(kernel, kernel, 4, 5)), rng.normal(size=5)
    expected = np.einsum("yxijc,ijco->yxo", _patches(x, kernel, stride, 0), filters) + bias
    weights = {"a/filters": torch.from_numpy(filters), "a/bias": torch.from_numpy(bias)}
    np.testing.assert_allclose(_run(same_conv(weights, "a", stride), x), expected, atol=1e-12)


@pytest.mark.parametrize("stride", [1, 2])
def test_separable_conv(rng, stride):
    x = rng.normal(size=(8, 10, 4))
    depthwise, pointwise, bias = (
        rng.normal(size=(3, 3, 4, 1)),
        rng.normal(size=(1, 1, 4, 6)),
        rng.normal(size=6),
    )
    inner = np.einsum("yxijc,ijc->yxc", _patches(x, 3, stride, 0), depthwise[..., 0])
    arrays = {"b/depthwise_filter": depthwise, "b/pointwise_filter": pointwise, "b/bias": bias}
    layer = separable_conv({key: torch.from_numpy(value) for key, value in arrays.items()}, "b", stride)
    np.testing.assert_allclose(_run(layer, x), inner @ pointwise[0, 0] + bias, atol=1e-12)


def test_same_max_pool(rng):
    x = rng.normal(size=(8, 10, 4)) - 5  # all below zero, so that padding with zeros would show
    np.testing.assert_allclose(_run(same_max_pool(), x), _patches(x, 3, 2, -np.inf).max((2, 3)))


def test_linear(rng):
    x, matrix, bias = rng.normal(size=(2, 3)), rng.normal(size=(3, 5)), rng.normal(size=5)
    with_bias = linear(torch.from_numpy(matrix), torch.from_numpy(bias))
    np.testing.assert_allclose(with_bias(torch.from_numpy(x)).detach(), x @ matrix + bias)
    without = linear(torch.from_numpy(matrix))
    np.testing.assert_allclose(without(torch.from_numpy(x)).detach(), x @ matrix)
