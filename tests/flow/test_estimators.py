"""Both estimators recover a known warp: with a = warp(b, flow), the flow from a to b is `flow` itself."""

import pytest
import torch
from torch import Tensor

from steadyface.flow.base import FlowEstimator
from steadyface.flow.dis import DisFlow
from steadyface.flow.spynet import SpyNet
from steadyface.flow.warp import warp


@pytest.fixture(scope="module")
def spynet() -> SpyNet:
    return SpyNet()


def end_point_error(found: Tensor, true: Tensor) -> Tensor:
    return (found - true).norm(dim=1)[:, 16:-16, 16:-16]


@pytest.mark.parametrize(("pixels", "mean", "median"), [(0.5, 0.08, 0.05), (1.5, 0.15, 0.08), (6.0, 0.8, 0.3)])
def test_dis_recovers_a_smooth_warp(face, smooth_flow, pixels, mean, median):
    flow = smooth_flow(pixels)
    error = end_point_error(DisFlow()(warp(face, flow), face), flow)
    assert error.mean() < mean
    assert error.median() < median


def test_spynet_recovers_a_smooth_warp(face, smooth_flow, spynet):
    flow = smooth_flow(1.5)
    error = end_point_error(spynet(warp(face, flow), face), flow)
    assert error.mean() < 0.31
    assert error.median() < 0.17


def test_spynet_scales_its_vectors_where_the_sides_are_no_multiples_of_32(face, spynet):
    image = face[:, :, :200, :170]
    shift = torch.tensor([1.5, -1.0]).view(1, 2, 1, 1).expand(2, 2, 200, 170)
    error = end_point_error(spynet(warp(image, shift), image), shift)
    assert error.median() < 0.2


def test_spynets_finest_levels_correct_a_start(face, smooth_flow, spynet):
    flow = smooth_flow(3.0)
    moved = warp(face, flow)
    start = flow + 0.8
    refined = end_point_error(spynet.refine(moved, face, start), flow)
    assert refined.mean() < 0.4 * end_point_error(start, flow).mean()


def test_spynet_is_frozen_and_differentiable_in_its_images(face, spynet):
    image = face[:1, :, :64, :64].clone().requires_grad_()
    spynet(image, face[1:, :, :64, :64]).square().mean().backward()
    assert image.grad is not None
    assert image.grad.isfinite().all()
    assert image.grad.abs().max() > 0
    assert not any(parameter.requires_grad for parameter in spynet.parameters())


def test_estimators_treat_a_batch_as_its_pairs(face, spynet):
    other = face.flip(0)
    estimators: list[FlowEstimator] = [DisFlow(), spynet]
    for estimator in estimators:
        together = estimator(face, other)
        apart = torch.cat([estimator(face[k : k + 1], other[k : k + 1]) for k in range(2)])
        assert together.shape == (2, 2, 256, 256)
        torch.testing.assert_close(together, apart, rtol=0, atol=1e-3)
