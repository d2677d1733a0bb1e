"""Losses against closed forms and a second, naive evaluation."""

import pytest
import torch
from torch import Tensor

from steadyface.consistency.flows import both_ways
from steadyface.consistency.losses import (
    CHARBONNIER,
    difference,
    flow_error,
    locality,
    masked_mean,
    nearby_code,
    photometric,
    residual_size,
    unedited_fidelity,
)


def images(seed: int, count: int = 2) -> Tensor:
    return torch.rand(count, 3, 64, 64, generator=torch.Generator().manual_seed(seed)) * 2 - 1


def shift(x: float, count: int = 2) -> Tensor:
    return torch.tensor([x, 0.0]).view(1, 2, 1, 1).expand(count, 2, 64, 64).clone()


def test_masked_mean():
    values = torch.tensor([1.0, 2.0, 3.0, 4.0]).view(2, 1, 1, 2)
    mask = torch.tensor([1.0, 0.0, 0.5, 0.5]).view(2, 1, 1, 2)
    assert masked_mean(values, mask).item() == pytest.approx((1.0 + 3.5) / 2)
    assert masked_mean(values, torch.zeros_like(mask)).item() == 0


def test_difference_adds_the_colours(lpips):
    a = images(0)
    b = a + 0.3
    colours = (0.3**2 + CHARBONNIER**2) ** 0.5 - CHARBONNIER
    added = difference(lpips, a, b, 2.0) - difference(lpips, a, b, 0.0)
    assert torch.allclose(added, torch.tensor(2 * colours), atol=1e-5)
    assert difference(lpips, a, a, 1.0).abs().max() < 1e-6


def test_photometric_is_zero_for_content_that_moves_with_the_flow(lpips):
    wide = images(1, 1).repeat(1, 1, 1, 2)
    a, b = wide[..., 4:68], wide[..., :64]
    flows = both_ways(shift(4.0, 1), shift(-4.0, 1))
    mask_a, mask_b = torch.zeros(1, 1, 64, 64), torch.zeros(1, 1, 64, 64)
    mask_a[..., :8], mask_b[..., -8:] = 1, 1  # far from the border that enters, for LPIPS looks around
    moved = photometric(lpips, a, b, flows, mask_a, mask_b, pixel_weight=1.0)
    still = both_ways(shift(0.0, 1), shift(0.0, 1))
    assert moved < 0.2 * photometric(lpips, a, b, still, mask_a, mask_b, pixel_weight=1.0)


def test_photometric_without_motion_by_hand(lpips):
    a, b = images(2), images(3)
    flows = both_ways(shift(0.0), shift(0.0))
    mask_a, mask_b = torch.rand(2, 1, 64, 64), torch.rand(2, 1, 64, 64)
    distance = lpips.spatial(a, b)
    wanted = 0.0
    for mask in (mask_a, mask_b):
        wanted += sum((distance[n] * mask[n]).sum() / mask[n].sum() for n in range(2)) / 2
    assert photometric(lpips, a, b, flows, mask_a, mask_b).item() == pytest.approx(wanted.item(), rel=1e-4)


def test_photometric_pulls_both_frames(lpips):
    a, b = images(4).requires_grad_(True), images(5).requires_grad_(True)
    flows = both_ways(shift(1.0), shift(-1.0))
    full = torch.ones(2, 1, 64, 64)
    for gradient in torch.autograd.grad(photometric(lpips, a, b, flows, full, full), (a, b)):
        assert gradient.abs().mean() > 0


def test_residual_size_is_that_of_a_pair():
    frame, anchor = torch.full((1, 4, 16), -0.5), torch.full((1, 4, 16), 0.25)
    assert residual_size(torch.cat([frame, anchor])).item() == pytest.approx(0.75)


def test_flow_error_is_the_masked_mean_in_pixels():
    flows = both_ways(shift(1.5), shift(-1.0))
    inner = torch.zeros(2, 1, 64, 64)
    inner[..., 8:-8] = 0.3
    assert flow_error(flows, inner, inner).item() == pytest.approx(0.5 + 0.5, rel=1e-4)


def test_outside_looks_only_outside(lpips):
    distance = lpips.spatial(images(6), images(7))
    mask = torch.zeros(2, 1, 64, 64)
    mask[..., :32] = 1
    assert unedited_fidelity(distance, mask).item() == pytest.approx(2 * distance[..., 32:].mean().item(), rel=1e-4)
    assert unedited_fidelity(distance, torch.ones_like(mask)).item() == 0
    soft = torch.rand(mask.shape, generator=torch.Generator().manual_seed(1))
    weight = (1 - soft) ** 4
    expected = 2 * ((distance * weight).sum((1, 2, 3)) / weight.sum((1, 2, 3))).mean()
    assert unedited_fidelity(distance, soft, power=4).item() == pytest.approx(expected.item(), rel=1e-4)


def test_nearby_code_lies_on_the_way_at_the_distance(tiny_generator):
    draws = torch.Generator().manual_seed(0)
    code, z = torch.randn(2, 4, 16, generator=draws), torch.randn(2, 8, generator=draws)
    near = nearby_code(tiny_generator, code, z, 3.0)
    assert torch.allclose((near - code).flatten(1).norm(dim=1), torch.tensor(3.0))
    way = tiny_generator.mapping(z)[:, None] - code
    cosine = torch.cosine_similarity((near - code).flatten(1), way.flatten(1))
    assert torch.allclose(cosine, torch.ones(2))
    assert not near.requires_grad


def test_locality_is_zero_for_equal_generators_and_trains_only_the_tuned(tiny_generator, lpips):
    from copy import deepcopy

    tuned = deepcopy(tiny_generator)
    code = torch.randn(1, 4, 16, generator=torch.Generator().manual_seed(1))
    assert locality(lpips, tiny_generator, tuned, code, 1.0, 1.0).item() == pytest.approx(0, abs=1e-6)
    with torch.no_grad():
        tuned.colours.bias += 0.2
    wanted, image = tiny_generator.synthesis(code), tuned.synthesis(code)
    by_hand = 0.1 * lpips(image, wanted).item() + 0.4 * (image - wanted).square().mean().item()
    tuned.requires_grad_(True)
    tiny_generator.requires_grad_(True)
    loss = locality(lpips, tiny_generator, tuned, code, 0.1, 0.4)
    assert loss.item() == pytest.approx(by_hand, rel=1e-4)
    loss.backward()
    assert tuned.colours.bias.grad.abs().sum() > 0
    assert all(parameter.grad is None for parameter in tiny_generator.parameters())
