"""Masks against closed forms."""

import math

import pytest
import torch
from torch import Tensor

from steadyface.config.phases import DEFAULT, PAPER
from steadyface.consistency.flows import both_ways
from steadyface.consistency.masks import fuse, perceptual_difference, photometric_consistency
from steadyface.consistency.objective import visible_masks


def shift(x: float, size: int = 16) -> Tensor:
    return torch.tensor([x, 0.0]).view(1, 2, 1, 1).expand(1, 2, size, size).clone()


def test_fusion_adds_then_clamps():
    visible, changed = torch.tensor([0.2, 0.8, 0.0]), torch.tensor([0.3, 0.9, 0.0])
    assert torch.allclose(fuse(visible, changed), torch.tensor([0.5, 1.0, 0.0]))


def test_the_papers_visibility():
    flows = both_ways(shift(0.5), shift(-0.4))
    blank = torch.zeros(1, 3, 16, 16)
    mask, _ = visible_masks(flows, blank, 1 - blank, PAPER.phase1.objective)
    assert mask[0, 0, 8, 8].item() == pytest.approx(math.exp(-10 * 0.1), rel=1e-4)


def test_perceptual_difference_is_where_the_change_is(lpips):
    image = torch.zeros(1, 3, 64, 64)
    changed = image.clone()
    changed[..., 16:32, 16:32] = torch.rand(3, 16, 16, generator=torch.Generator().manual_seed(0))
    mask = perceptual_difference(lpips, changed, image)
    assert mask.shape == (1, 1, 64, 64)
    assert mask[..., 16:32, 16:32].mean() > 2 * mask[..., 48:, 48:].mean()
    assert perceptual_difference(lpips, image, image).abs().max() < 1e-6


def test_agreement_is_one_where_the_flow_explains_the_input():
    texture = torch.rand(1, 3, 16, 20, generator=torch.Generator().manual_seed(0))
    a, b = texture[..., 2:18], texture[..., :16]  # b(p + 2) = a(p)
    mask = photometric_consistency(a, b, shift(2.0), 0.1)
    assert torch.allclose(mask[..., :9], torch.ones(()), atol=1e-4)
    assert torch.equal(mask[..., 14:], torch.zeros(1, 1, 16, 2))


def test_agreement_of_a_constant_difference():
    a = torch.zeros(1, 3, 16, 16)
    mask = photometric_consistency(a, a + 0.2, shift(0.0), 0.1)
    assert torch.allclose(mask, torch.tensor(math.exp(-4.0)), atol=1e-6)


def test_agreement_is_lost_where_a_mouth_opens_and_only_there():
    a = torch.zeros(1, 3, 64, 64)
    b = a.clone()
    b[..., 40:48, 20:44] = -0.8
    flows = both_ways(shift(0.0, 64), shift(0.0, 64))
    for mask in visible_masks(flows, a, b, DEFAULT.phase1.objective):
        assert mask[..., 42:46, 22:42].max() < 1e-6
        assert mask[..., :35, :].min() == 1


def test_masks_carry_no_gradient(lpips):
    a = torch.rand(1, 3, 64, 64, requires_grad=True)
    b = torch.rand(1, 3, 64, 64)
    flows = both_ways(a[:, :2] * 0.1, -a[:, :2] * 0.1)
    masks = [
        perceptual_difference(lpips, a, b),
        fuse(a, b),
        photometric_consistency(a, b, flows.ab, 0.1),
        *visible_masks(flows, a, b, DEFAULT.phase1.objective),
    ]
    assert flows.error_ab.requires_grad
    assert not any(mask.requires_grad for mask in masks)
