"""Parameters by the side in pixels at which they act."""

import pytest
import torch

from steadyface.gan.mobile_stylegan import MobileStyleGAN
from steadyface.gan.parameters import synthesis_parameters


def test_all_of_the_synthesis_and_nothing_of_the_mapping(tiny_generator):
    names = {name for name, _ in tiny_generator.named_parameters()}
    assert set(synthesis_parameters(tiny_generator)) == names - {"mapping.weight", "mapping.bias"}


def test_below_a_side(tiny_generator):
    layers = {
        8: {"const", "layers.0.style", "layers.0.weight"},
        16: {"layers.1.style", "layers.1.weight"},
        32: {"layers.2.style", "layers.2.weight"},
    }
    assert set(synthesis_parameters(tiny_generator, 16)) == layers[8]
    assert set(synthesis_parameters(tiny_generator, 64)) == layers[8] | layers[16] | layers[32]
    assert synthesis_parameters(tiny_generator, 8) == {}
    assert set(synthesis_parameters(tiny_generator, 128)) == set(synthesis_parameters(tiny_generator))


def test_they_are_the_generators_own_and_no_hook_stays(tiny_generator):
    found = synthesis_parameters(tiny_generator, 32)
    assert found["const"] is tiny_generator.const
    assert not any(module._forward_hooks for module in tiny_generator.modules())


def test_the_last_eight_layers_of_the_default_generator():
    generator = MobileStyleGAN(256)
    kept = synthesis_parameters(generator, 128)
    left_out = set(synthesis_parameters(generator)) - set(kept)
    assert {name.split(".")[0] for name in left_out} == {"blocks", "refine", "to_image"}
    assert {name.split(".")[1] for name in left_out if name.startswith("blocks")} == {"4"}
    assert {"const", "conv1.affine.weight", "blocks.3.up.weight", "blocks.3.conv2.affine.bias"} <= set(kept)


def test_a_generator_must_be_a_module():
    with pytest.raises(TypeError, match="torch module"):
        synthesis_parameters(torch.zeros(1))  # type: ignore[arg-type]
