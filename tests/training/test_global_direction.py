import pytest
import torch
from torch import Tensor

from steadyface.editing.card import EditCard
from steadyface.editing.style import Style
from steadyface.gan.base import broadcast_w, sample_w
from steadyface.gan.stylegan2 import StyleGAN2
from style_channels import Channels, channels_of, global_direction


@pytest.fixture(scope="module")
def generator() -> StyleGAN2:
    torch.manual_seed(5)
    made = StyleGAN2(16, z_dim=8, w_dim=16, mapping_layers=2, channel_base=128, channel_max=16)
    made.measure_w()
    return made.eval().requires_grad_(False)


def colours(pictures: Tensor) -> Tensor:
    return pictures.mean((2, 3))


def test_relevance_is_what_a_small_step_of_a_channel_does(generator: StyleGAN2) -> None:
    """Against a finite difference, channel by channel, over the same faces."""
    direction = torch.tensor([1.0, 0.0, 0.0])
    channels = channels_of(generator, colours, direction, count=4)
    z = torch.randn(4, 8, generator=torch.Generator().manual_seed(0))
    ws = broadcast_w(generator, sample_w(generator, z, 0.7))

    def along(styled: StyleGAN2) -> float:
        found = torch.nn.functional.normalize(colours(styled.synthesis(ws)), dim=1)
        return float((found @ direction).double().mean())

    checked = 0
    for name, relevance in channels.relevance.items():
        channel = int(relevance.abs().argmax())
        step = 0.02 * channels.deviation[name][channel]
        moved = []
        for sign in (1.0, -1.0):
            delta = torch.zeros_like(relevance)
            delta[channel] = sign * step
            moved.append(along(Style(EditCard("x", ""), {f"{name}.bias": delta})(generator)))
        difference = (moved[0] - moved[1]) / 0.04
        assert difference == pytest.approx(float(relevance[channel]), rel=0.1, abs=2e-4)
        checked += 1
    assert checked == 8  # five convolutions, three layers of colours


def test_a_direction_moves_pictures_along_it(generator: StyleGAN2) -> None:
    direction = torch.tensor([0.0, 1.0, 0.0])
    channels = channels_of(generator, colours, direction, count=8)
    style = Style(EditCard("greener", ""), global_direction(channels, 2.0, beta=0.2))
    z = torch.randn(6, 8, generator=torch.Generator().manual_seed(7))
    ws = broadcast_w(generator, sample_w(generator, z, 0.7))
    before, after = colours(generator.synthesis(ws)), colours(style(generator).synthesis(ws))
    assert (after - before)[:, 1].mean() > 0


def test_channels_below_the_threshold_stay() -> None:
    channels = Channels(
        {"a.affine": torch.tensor([2.0, 1.0]), "b.affine": torch.tensor([1.0])},
        {"a.affine": torch.tensor([-4.0, 0.5]), "b.affine": torch.tensor([0.1])},
    )
    deltas = global_direction(channels, 3.0, beta=0.1)
    assert deltas.keys() == {"a.affine.bias"}
    torch.testing.assert_close(deltas["a.affine.bias"], torch.tensor([-6.0, 3.0 / 8]))
