import numpy as np
import torch

from steadyface.flow.occlusion import consistency_error, non_occluded, visibility
from steadyface.flow.warp import warp


def constant(x: float, y: float, height: int = 20, width: int = 30) -> torch.Tensor:
    return torch.tensor([float(x), float(y)]).view(1, 2, 1, 1).expand(1, 2, height, width).contiguous()


def test_a_consistent_shift_errs_only_where_it_leaves_the_frame():
    error = consistency_error(constant(5, 0), constant(-5, 0))
    assert error.shape == (1, 1, 20, 30)
    assert error[..., :25].abs().max() < 1e-4
    torch.testing.assert_close(error[..., 26:], torch.full((1, 1, 20, 4), 5.0))


def test_error_is_the_length_of_the_miss_in_pixels():
    error = consistency_error(constant(1, 0), constant(2, 4))
    torch.testing.assert_close(error[..., 1:-5, 1:-5], torch.full((1, 1, 14, 24), 5.0))


def test_error_has_a_finite_gradient_at_zero():
    flow = torch.zeros(1, 2, 8, 8, requires_grad=True)
    consistency_error(flow, torch.zeros(1, 2, 8, 8)).sum().backward()
    assert flow.grad is not None
    assert torch.equal(flow.grad, torch.zeros_like(flow))


def test_inverse_of_a_smooth_flow_is_consistent(smooth_flow):
    forward = smooth_flow(1.0).double()[:1]
    backward = torch.zeros_like(forward)
    for _ in range(40):  # the fixed point of b(p) = -f(p + b(p)) is the inverse flow
        backward = -warp(forward, backward)
    inner = (..., slice(8, -8), slice(8, -8))
    error = consistency_error(forward, backward)[inner]
    assert error.mean() < 0.01
    assert consistency_error(forward, -forward)[inner].mean() > 5 * error.mean()


def test_visibility_is_exponential():
    error = torch.tensor([0.0, 0.1, 1.0])
    torch.testing.assert_close(visibility(error), torch.tensor([1.0, 0.36787944, 4.539993e-05]))
    torch.testing.assert_close(visibility(error, 2.0), torch.tensor([1.0, 0.81873075, 0.13533528]))


def test_occlusion_thresholds_of_lai_et_al():
    still = constant(0, 0)
    for miss, visible in ((0.70, 1.0), (0.72, 0.0)):  # |f + b|^2 against 0.01 |b|^2 + 0.5
        assert non_occluded(still, constant(miss, 0)).unique().tolist() == [visible]
    # Long vectors may miss by more: |f + b|^2 = 1 is below 0.01 (10^2 + 9^2) + 0.5.
    assert non_occluded(constant(10, 0, 40, 40), constant(-9, 0, 40, 40))[..., :28].min() == 1
    # Where the flow leaves the frame, there is no way back.
    assert non_occluded(constant(10, 0), constant(-10, 0))[..., 21:].max() == 0


def test_motion_boundary_of_lai_et_al():
    flow = torch.zeros(1, 2, 12, 12)
    flow[..., 6:] = 0.04
    # Steps of 0.04 in both components: |grad|^2 = 0.0032 > 0.002, but only at the step.
    mask = non_occluded(flow, -flow)
    assert torch.equal(mask[0, 0, 0] == 0, torch.arange(12) == 5)
    assert non_occluded(flow * 0.7, -flow * 0.7).min() == 1
    # A Jacobian in closed form, row and column steps added up.
    ramp = torch.zeros(1, 2, 6, 6)
    ramp[0, 0] = 0.035 * torch.arange(6) + 0.035 * torch.arange(6)[:, None]
    speed = ramp[0, 0].numpy() ** 2
    steps = np.add.outer(1.0 * (np.arange(6) < 5), 1.0 * (np.arange(6) < 5)) * 0.035**2
    expected = steps <= 0.01 * speed + 0.002
    assert 0 < expected.sum() < 36
    np.testing.assert_array_equal(non_occluded(ramp, torch.zeros_like(ramp))[0, 0].numpy() == 1, expected)
