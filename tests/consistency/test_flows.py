"""Where the flows of a pair come from."""

import numpy as np
import pytest
import torch
from torch import Tensor

from steadyface.clip.frames import shrink
from steadyface.consistency.flows import CurrentFlow, InputFlow, both_ways, pair_flow
from steadyface.flow.dis import DisFlow
from steadyface.flow.warp import warp


def constant(x: float, y: float, size: int = 16) -> Tensor:
    return torch.tensor([x, y], dtype=torch.float32).view(1, 2, 1, 1).expand(1, 2, size, size).clone()


def test_errors_are_those_of_there_and_back():
    flows = both_ways(constant(3, 0), constant(-3, 0))
    assert torch.allclose(flows.error_ab[..., :13], torch.zeros(()), atol=1e-5)
    assert torch.allclose(flows.error_ab[..., 13:], torch.tensor(3.0), atol=1e-5)
    assert torch.allclose(flows.error_ba[..., 3:], torch.zeros(()), atol=1e-5)
    flows = both_ways(constant(1, 0), constant(0, 1))
    assert torch.allclose(flows.error_ab[..., 1:-1, 1:-1], torch.tensor(2.0).sqrt(), atol=1e-5)


def test_current_flow_estimates_both_directions_and_carries_gradients():
    def brightness(a: Tensor, b: Tensor) -> Tensor:
        return (b - a)[:, :2]

    a = torch.rand(2, 3, 8, 8, requires_grad=True)
    b = torch.rand(2, 3, 8, 8)
    flows = CurrentFlow(brightness)([(0, 1), (5, 2)], a, b)
    assert torch.equal(flows.ab, (b - a)[:, :2])
    assert torch.equal(flows.ba, (a - b)[:, :2])
    (gradient,) = torch.autograd.grad(flows.error_ab.sum(), a)
    assert gradient.abs().sum() > 0


class Counting:
    """Counts its calls; on `numbered` frames the flow's x is the difference of the numbers."""

    def __init__(self) -> None:
        self.pairs = 0

    def __call__(self, a: Tensor, b: Tensor) -> Tensor:
        self.pairs += 1
        return (b - a)[:, :1] * torch.tensor([1.0, 0.0]).view(1, 2, 1, 1)


def numbered(frames) -> Tensor:
    return torch.stack([torch.full((3, 32, 32), float(frame)) for frame in frames])


def test_input_flow_ignores_the_images_and_estimates_each_pair_once():
    estimator = Counting()
    flow = InputFlow(estimator, numbered)
    images = torch.randn(2, 3, 32, 32, requires_grad=True)
    for _ in range(3):
        flows = flow([(1, 4), (4, 3)], images, -images)
    assert estimator.pairs == 2
    assert torch.equal(flows.ab[:, 0, 0, 0], torch.tensor([3.0, -1.0]))
    assert torch.equal(flows.ba[:, 0, 0, 0], torch.tensor([-3.0, 1.0]))
    assert flows.ab.dtype == torch.float32
    assert not flows.error_ab.requires_grad
    turned = flow([(4, 1)], images[:1], images[:1])
    assert estimator.pairs == 2
    assert torch.equal(turned.ab, flows.ba[:1])


def test_input_flow_is_bounded_and_made_at_the_images_size():
    estimator = Counting()
    flow = InputFlow(estimator, numbered, capacity=1)
    image = torch.zeros(1, 3, 16, 16)
    assert flow([(0, 1)], image, image).ab.shape == (1, 2, 16, 16)
    flow([(0, 2)], image, image)
    flow([(0, 1)], image, image)
    assert estimator.pairs == 3


STILL = np.random.default_rng(0).uniform(20, 100, (1, 468, 2)).repeat(2, axis=0)
"""Landmarks that don't move."""


def test_input_flow_of_a_real_shift():
    pattern = torch.randn(1, 3, 24, 24, generator=torch.Generator().manual_seed(0))
    big = torch.nn.functional.interpolate(pattern, scale_factor=6, mode="bicubic").tanh()
    frames = torch.cat([big[..., 8:136, 8:136], big[..., 8:136, 5:133]])
    flow = pair_flow("input", DisFlow(), lambda numbers: frames[list(numbers)], STILL)
    flows = flow([(0, 1)], frames[:1], frames[1:])
    inner = flows.ab[..., 16:-16, 16:-16]
    assert inner[:, 0].median().item() == pytest.approx(3, abs=0.1)
    assert inner[:, 1].median().item() == pytest.approx(0, abs=0.1)
    assert (warp(frames[1:], flows.ab) - frames[:1])[..., 16:-16, 16:-16].abs().mean() < 0.02


def test_landmarks_guide_the_flow_at_any_size() -> None:
    """The estimator finds nothing, so that the flow is the landmarks': 8 px of the whole frames, 4 of half of them."""
    moved = STILL + np.array([[[0.0, 0.0]], [[8.0, 0.0]]])

    def nothing(a: torch.Tensor, _b: torch.Tensor) -> torch.Tensor:
        return torch.zeros(len(a), 2, *a.shape[2:])

    flow = InputFlow(nothing, lambda numbers: torch.zeros(len(numbers), 3, 128, 128), moved)
    for side in (128, 64):
        flows = flow([(1, 0), (0, 1)], *torch.zeros(2, 2, 3, side, side))
        there, back = flows.ab[:, 0, side // 2, side // 2]
        assert there.item() == pytest.approx(-8 * side / 128, abs=0.1)
        assert back.item() == pytest.approx(8 * side / 128, abs=0.1)


def test_pair_flow_by_name():
    assert isinstance(pair_flow("current", Counting(), numbered, STILL), CurrentFlow)
    assert isinstance(pair_flow("input", Counting(), numbered, STILL), InputFlow)


def test_shrinking_is_antialiased_and_never_enlarges():
    stripes = torch.zeros(1, 3, 64, 64)
    stripes[..., ::4] = 1.0
    assert torch.allclose(shrink(stripes, 16)[..., 2:-2], torch.tensor(0.25), atol=0.01)
    assert shrink(stripes, 64) is stripes
    assert shrink(stripes, 256) is stripes
