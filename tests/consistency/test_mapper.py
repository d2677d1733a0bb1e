"""The MLP of eq. 2."""

import torch
from torch.nn import functional

from steadyface.consistency.mapper import LAYERS, RATE_FACTOR, Mapper

STYLEGAN2 = (4, *[side for side in (8, 16, 32, 64, 128, 256, 512, 1024) for _ in range(2)], 1024)


def codes(rows: int = 18) -> torch.Tensor:
    return torch.randn(2, rows, 16, generator=torch.Generator().manual_seed(0))


def woken(mapper: Mapper) -> Mapper:
    draws = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for level in mapper.levels:
            level[-1].weight.copy_(torch.randn(16, 16, generator=draws) / RATE_FACTOR)
            level[-1].bias.copy_(torch.randn(16, generator=draws) / RATE_FACTOR)
    return mapper


def test_untrained_it_changes_nothing_but_can_learn():
    mapper = Mapper(STYLEGAN2, 16, seed=0)
    residual = mapper(codes())
    assert torch.equal(residual, torch.zeros(2, 18, 16))
    residual.sum().backward()
    assert all(level[-1].weight.grad.abs().sum() > 0 for level in mapper.levels)


def test_levels_by_resolution():
    assert [rows for rows in Mapper(STYLEGAN2, 16, 0).rows] == [[0, 1, 2], [3, 4, 5, 6], list(range(7, 18))]
    assert Mapper((4, 8), 16, 0).rows == [[0, 1]]


def test_levels_are_independent():
    mapper, ws = woken(Mapper(STYLEGAN2, 16, 0)), codes()
    changed = ws.clone()
    changed[:, 4] += 1
    differs = (mapper(changed) != mapper(ws)).any(-1).any(0)
    assert differs.nonzero().flatten().tolist() == [4]


def test_each_row_is_normalised_over_its_channels():
    mapper, ws = woken(Mapper(STYLEGAN2, 16, 0)), codes()
    scaled = ws * torch.rand(2, 18, 1).add(0.5)
    assert torch.allclose(mapper(scaled), mapper(ws), atol=1e-4)


def test_against_the_formula():
    mapper, ws = woken(Mapper((8,), 16, 0)), codes(1)
    x = ws / ws.square().mean(-1, keepdim=True).sqrt()
    for layer in mapper.levels[0]:
        x = x @ (0.01 * layer.weight / 4).T + 0.01 * layer.bias  # equalised: 1 / sqrt(16), times the rate factor
        x = torch.where(x > 0, x, 0.2 * x) * 2**0.5
    assert torch.allclose(mapper(ws), x, atol=1e-5)
    assert len(mapper.levels[0]) == LAYERS == 4


def test_signals_keep_their_size_through_the_drawn_layers():
    mapper = Mapper((8,), 512, 0)
    x = functional.normalize(torch.randn(64, 512), dim=-1) * 512**0.5
    for layer in mapper.levels[0][:-1]:
        x = layer(x)
    assert 0.5 < x.square().mean().item() < 2


def test_the_seed_decides():
    def weights(seed):
        return Mapper((8,), 16, seed).levels[0][0].weight

    assert torch.equal(weights(1), weights(1))
    assert not torch.equal(weights(1), weights(2))
