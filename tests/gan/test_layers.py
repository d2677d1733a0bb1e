import numpy as np
import pytest
import torch

from steadyface.gan.layers import StyledConv, forward_haar, inverse_haar


def test_inverse_haar_of_one_coefficient_is_its_basis_function() -> None:
    signs = {0: [[1, 1], [1, 1]], 1: [[1, 1], [-1, -1]], 2: [[1, -1], [1, -1]], 3: [[1, -1], [-1, 1]]}
    for channel, expected in signs.items():
        coefficients = torch.zeros(1, 4, 1, 1)
        coefficients[0, channel] = 1.0
        np.testing.assert_allclose(inverse_haar(coefficients)[0, 0], 0.5 * np.array(expected))


def test_haar_round_trip_keeps_picture_and_energy() -> None:
    image = torch.randn(2, 5, 12, 16)
    coefficients = forward_haar(image)
    torch.testing.assert_close(inverse_haar(coefficients), image)
    torch.testing.assert_close(coefficients.square().sum(), image.square().sum())


@pytest.mark.parametrize("separable", [True, False])
def test_styled_conv_equals_a_modulated_dense_convolution(separable: bool) -> None:
    torch.manual_seed(0)
    layer = StyledConv(6, 4, 5, 8, separable=separable)
    x, w = torch.randn(1, 4, 8, 8), torch.randn(1, 6)
    dense = layer.weight if layer.depthwise is None else layer.weight * layer.depthwise[None, :, 0]
    style = (w @ layer.affine.weight.T + layer.affine.bias) * (9 * 4) ** -0.5
    expected = torch.nn.functional.conv2d(x, dense * style[0, None, :, None, None], padding=1)
    expected = torch.nn.functional.leaky_relu(expected + layer.noise + layer.bias, 0.2)
    torch.testing.assert_close(layer(x, w), expected)


def test_one_picture_and_several_are_modulated_alike() -> None:
    torch.manual_seed(0)
    layer = StyledConv(6, 4, 5, 8)
    x, w = torch.randn(3, 4, 8, 8), torch.randn(3, 6)
    torch.testing.assert_close(layer(x, w), torch.cat([layer(x[i : i + 1], w[i : i + 1]) for i in range(3)]))
