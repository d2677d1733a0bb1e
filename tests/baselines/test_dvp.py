import pytest
import torch

from steadyface.baselines.dvp import UNet, train
from steadyface.baselines.settings import DeepVideoPrior
from steadyface.critics.lpips import Lpips


@pytest.fixture(scope="module")
def lpips() -> Lpips:
    return Lpips("vgg")


def test_network_is_seeded_and_keeps_the_size() -> None:
    images = torch.rand(2, 3, 48, 32)
    assert UNet(4, seed=0)(images).shape == images.shape
    assert torch.equal(UNet(4, seed=1)(images), UNet(4, seed=1)(images))
    assert not torch.equal(UNet(4, seed=1)(images), UNet(4, seed=2)(images))


def test_every_pixel_can_see_a_wide_surrounding() -> None:
    images = torch.rand(1, 3, 64, 64, requires_grad=True)
    UNet(4, seed=0)(images)[0, :, 32, 32].sum().backward()
    assert (images.grad[0].abs().sum(0) > 0).float().mean() > 0.9


def test_it_learns_the_effect_before_the_flicker(lpips: Lpips) -> None:
    """The input brightened, with flicker that the input has not: what is the same in all frames is learnt."""
    draws = torch.Generator().manual_seed(0)
    still = torch.rand(1, 3, 8, 8, generator=draws).repeat_interleave(4, 2).repeat_interleave(4, 3) - 0.8
    flicker = 0.3 * torch.randn(6, 1, 1, 1, generator=draws)
    processed = still + 0.5 + flicker
    settings = DeepVideoPrior(epochs=60, learning_rate=5e-4, width=8, coarse=0.5)

    network = UNet(8, seed=0)
    before = network(still)
    network = train(
        network, lambda f: still.expand(len(f), -1, -1, -1), lambda f: processed[list(f)], 6, lpips, settings
    )
    after = network(still)
    assert not any(parameter.requires_grad for parameter in network.parameters())
    goal = still + 0.5 + flicker.mean()
    assert (after - goal).abs().mean() < 0.6 * (before - goal).abs().mean()


def test_half_the_resolution_comes_first(lpips: Lpips) -> None:
    seen: list[int] = []
    network = UNet(2, seed=0)
    network.register_forward_pre_hook(lambda _, args: seen.append(args[0].shape[-1]))
    frames = torch.rand(2, 3, 64, 64)
    train(network, lambda f: frames[list(f)], lambda f: frames[list(f)], 2, lpips, DeepVideoPrior(epochs=5, coarse=0.8))
    assert seen == [32] * 8 + [64] * 2
