"""StyleGAN2 against its formulas computed another way, and its arrays under both sets of names."""

import numpy as np
import pytest
import torch
from scipy.signal import convolve2d
from torch.nn import functional as F

from steadyface.errors import WeightsError
from steadyface.gan.base import Generator
from steadyface.gan.parameters import synthesis_parameters
from steadyface.gan.stylegan2 import StyledConv, StyleGAN2, fir, modulated_conv
from steadyface.gan.stylegan2_names import AVERAGE, from_rosinality, generator_of, names, to_rosinality


@pytest.fixture
def generator(small_stylegan2: StyleGAN2) -> StyleGAN2:
    return small_stylegan2


def test_meets_the_contract(generator: StyleGAN2) -> None:
    assert isinstance(generator, Generator)
    assert generator.ws_resolutions == (4, 8, 8, 16, 16, 32, 32, 32)
    assert len(generator.ws_resolutions) == generator.num_ws == 8
    ws = generator.mapping(torch.randn(2, 8))[:, None].expand(-1, 8, -1)
    assert generator.synthesis(ws).shape == (2, 3, 32, 32)
    assert not any(name.startswith("mapping") for name in synthesis_parameters(generator))


def test_modulated_convolution_is_a_convolution_with_the_modulated_kernel() -> None:
    torch.manual_seed(1)
    x, weight, style = torch.randn(2, 5, 7, 7), torch.randn(4, 5, 3, 3), torch.randn(2, 5)
    for sample in range(2):
        kernel = weight * style[sample][None, :, None, None]  # eq. 1
        kernel = kernel / (kernel.square().sum((1, 2, 3), keepdim=True) + 1e-8).sqrt()  # eq. 3
        expected = F.conv2d(x[sample : sample + 1], kernel, padding=1)
        found = modulated_conv(x, weight, style)[sample : sample + 1]
        torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-4)


def test_doubling_is_zeros_between_pixels_then_both_filters() -> None:
    torch.manual_seed(2)
    layer = StyledConv(6, 1, 1, 16, up=True)
    x, w = torch.randn(1, 1, 8, 8), torch.randn(1, 6)
    kernel = (layer.weight * layer.affine(w)[:, :, None, None])[0, 0]
    kernel = (kernel / kernel.square().sum().sqrt()).detach().numpy()
    spread = np.zeros((16, 16))
    spread[::2, ::2] = x[0, 0]
    both = convolve2d(convolve2d(spread, kernel), 4 * fir().numpy())  # full, then cut to where the pixels are
    expected = F.leaky_relu(torch.from_numpy(both[2:18, 2:18]), 0.2) * 2**0.5
    torch.testing.assert_close(layer(x, w, "none")[0, 0].detach().double(), expected, atol=1e-5, rtol=1e-4)


def test_noise_modes(generator: StyleGAN2) -> None:
    ws = torch.randn(1, 8, 16)
    constant = generator.synthesis(ws)
    assert torch.equal(constant, generator.synthesis(ws))
    generator.synthesis.noise_mode = "none"
    silent = generator.synthesis(ws)
    generator.synthesis.noise_mode = "random"
    assert not torch.allclose(generator.synthesis(ws), generator.synthesis(ws))
    assert not torch.allclose(silent, constant)


def test_each_row_of_styles_acts_from_its_side_on(generator: StyleGAN2) -> None:
    ws = torch.randn(1, 8, 16)
    plain = generator.synthesis(ws)
    for row in range(8):
        moved = ws.clone()
        moved[:, row] += 1
        assert not torch.allclose(generator.synthesis(moved), plain)


def test_w_is_measured_where_files_say_nothing() -> None:
    torch.manual_seed(3)
    made = StyleGAN2(8, z_dim=8, w_dim=16, mapping_layers=2, channel_max=8)
    made.measure_w()
    w = made.mapping(torch.randn(20000, 8))
    torch.testing.assert_close(made.w_mean, w.mean(0), atol=0.08, rtol=0)
    torch.testing.assert_close(made.w_std, w.std(0), atol=0.05, rtol=0.1)
    kept = made.w_mean + 1
    made.mapping.w_avg.copy_(kept)
    made.measure_w()
    assert torch.equal(made.w_mean, kept)


def test_there_and_back_the_pictures_are_the_same(generator: StyleGAN2) -> None:
    theirs = to_rosinality(generator)
    back = generator_of(theirs)
    back.load_state_dict(from_rosinality(theirs, generator.w_mean))
    z = torch.randn(2, 8)
    torch.testing.assert_close(back.mapping(z), generator.mapping(z))
    ws = generator.mapping(z)[:, None].expand(-1, 8, -1)
    assert (back.synthesis(ws) - generator.synthesis(ws)).abs().max() < 1e-5
    assert torch.equal(back.w_mean, generator.w_mean)


@pytest.mark.parametrize("shape", [(16,), (1, 16), (8, 16)])
def test_averages_of_all_shapes_are_taken(generator: StyleGAN2, shape: tuple[int, ...]) -> None:
    average = torch.arange(16.0).expand(shape)
    assert torch.equal(from_rosinality(to_rosinality(generator), average)[AVERAGE], torch.arange(16.0))


def test_names_and_shapes_are_the_published_ones(key_table) -> None:
    rows = key_table("stylegan2_1024")
    assert set(names(1024)) == {(theirs, ours) for theirs, _, ours, *_ in rows if theirs != "-"}
    with torch.device("meta"):
        made = StyleGAN2(1024)
    ours = {key: list(value.shape) for key, value in made.state_dict().items()}
    assert ours == {key: eval(shape, {}) for _, _, key, shape, _ in rows}


def test_their_shapes_are_the_published_ones(key_table) -> None:
    published = {row[0]: len(eval(row[1], {})) for row in key_table("stylegan2_1024") if row[0] != "-"}
    made = to_rosinality(StyleGAN2(1024, w_dim=4, z_dim=4, channel_max=4))
    assert {key: value.ndim for key, value in made.items()} == published


def test_other_files_are_refused(generator: StyleGAN2) -> None:
    theirs = to_rosinality(generator)
    with pytest.raises(WeightsError, match=r"'conv1\.noise\.weight' is missing"):
        from_rosinality({key: value for key, value in theirs.items() if key != "conv1.noise.weight"})
    with pytest.raises(WeightsError, match="'stranger' is unknown"):
        from_rosinality({**theirs, "stranger": torch.zeros(1)})
    with pytest.raises(WeightsError, match=r"'convs\.0\.noise\.weight' has the shape \(2,\)"):
        from_rosinality({**theirs, "convs.0.noise.weight": torch.zeros(2)})
    with pytest.raises(WeightsError, match="not a StyleGAN2 under"):
        from_rosinality({"a": torch.zeros(1)})


@pytest.mark.parametrize("resolution", [4, 100])
def test_resolutions_that_it_cannot_have(resolution: int) -> None:
    with pytest.raises(ValueError, match="power of two"):
        StyleGAN2(resolution)
