"""The dense layer with an equalised learning rate, against its closed form."""

import pytest
import torch
from torch.nn import functional

from steadyface.gan.equalized import EqualizedLinear, equalized_linear


@pytest.mark.parametrize("rate_factor", [1.0, 0.01])
def test_it_is_a_dense_layer_whose_weight_is_scaled_by_the_root_of_its_inputs(rate_factor: float) -> None:
    torch.manual_seed(0)
    layer = EqualizedLinear(9, 4, rate_factor=rate_factor, bias=0.5)
    x = torch.randn(5, 9)
    expected = functional.linear(x, layer.weight * rate_factor / 3, layer.bias * rate_factor)
    torch.testing.assert_close(layer(x), expected)
    torch.testing.assert_close(equalized_linear(x[None], layer.weight, layer.bias, rate_factor)[0], expected)
    active = EqualizedLinear(9, 4, rate_factor=rate_factor, active=True, start=torch.eye(4, 9))
    torch.testing.assert_close(active(x), 2**0.5 * functional.leaky_relu(x[:, :4] / 3, 0.2))


def test_outputs_have_unit_variance_whatever_the_rate() -> None:
    torch.manual_seed(0)
    for rate_factor in (1.0, 0.01):
        made = EqualizedLinear(512, 256, rate_factor=rate_factor)(torch.randn(64, 512))
        assert float(made.detach().std()) == pytest.approx(1, rel=0.05)


def test_a_small_rate_factor_moves_the_function_less_for_the_same_step_of_adam() -> None:
    torch.manual_seed(0)
    x, moved = torch.randn(8, 16), []
    for rate_factor in (1.0, 0.01):
        layer = EqualizedLinear(16, 16, rate_factor=rate_factor)
        before = layer(x).detach()
        optimiser = torch.optim.Adam(layer.parameters(), lr=0.1)
        layer(x).square().mean().backward()
        optimiser.step()
        moved.append(float((layer(x).detach() - before).abs().mean()))
    assert moved[1] < 0.02 * moved[0]
