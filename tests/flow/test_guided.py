import numpy as np
import pytest
import torch

from steadyface.flow.dis import DisFlow
from steadyface.flow.guided import guided_flow, landmark_flow, landmark_flows, smooth_guided_flows
from steadyface.flow.warp import warp

SIDE = 128


@pytest.fixture
def points() -> np.ndarray:
    return np.random.default_rng(0).uniform(30, 98, (468, 2))


def textured(seed: int) -> torch.Tensor:
    noise = torch.rand(1, 3, SIDE // 4, SIDE // 4, generator=torch.Generator().manual_seed(seed))
    return torch.nn.functional.interpolate(noise, SIDE, mode="bicubic", align_corners=False).clamp(0, 1) * 2 - 1


def test_points_at_rest_give_no_flow(points: np.ndarray) -> None:
    np.testing.assert_allclose(landmark_flow(points, points, SIDE), 0, atol=1e-6)


def test_an_affine_motion_is_found_exactly_among_the_landmarks_and_fades_away_from_them(points: np.ndarray) -> None:
    matrix, shift = np.array([[1.02, 0.03], [-0.03, 0.98]]), np.array([3.0, -2.0])
    flow = landmark_flow(points, points @ matrix.T + shift, SIDE)
    rows, columns = np.mgrid[44:84, 44:84]
    inside = np.stack([columns, rows], axis=-1).astype(float)
    wanted = inside @ matrix.T + shift - inside
    np.testing.assert_allclose(flow[44:84, 44:84], wanted, atol=0.05)
    still = landmark_flow(points, points + np.array([6.0, 0.0]), SIDE)[..., 0]
    assert still[64, 64] == pytest.approx(6.0, abs=0.1)
    assert 0 < still[2, 2] < 5.8


def test_a_part_that_moves_by_itself_is_followed(points: np.ndarray) -> None:
    moved = points.copy()
    lower = points[:, 1] > 70
    moved[lower, 1] += 8
    flow = landmark_flow(points, moved, SIDE)[..., 1]
    assert flow[90, 64] == pytest.approx(8, abs=1)
    assert flow[40, 64] == pytest.approx(0, abs=1)


def test_large_motion_is_found_from_a_rough_start_and_the_two_are_composed_in_the_right_order(
    points: np.ndarray,
) -> None:
    b = textured(1)
    x = torch.linspace(-1, 1, SIDE)
    true = torch.stack([34 + 4 * x[None].expand(SIDE, -1), -3 * x[:, None].expand(-1, SIDE)])[None]
    a = warp(b, true)
    start = torch.tensor([32.0, 0.0]).view(1, 2, 1, 1).expand(1, 2, SIDE, SIDE)
    inside = (slice(None), slice(None), slice(20, 108), slice(10, 80))
    found = guided_flow(DisFlow(), a, b, start)
    assert (found - true)[inside].abs().mean() < 0.2
    exact = guided_flow(lambda first, second: 2 + 0 * first[:, :2], a, b, true)
    torch.testing.assert_close(exact[inside], (2 + warp(true, torch.full_like(true, 2.0)))[inside])


def test_flows_of_several_pairs_are_stacked_channels_first(points: np.ndarray) -> None:
    others = points + np.array([[[2.0, 0.0]], [[0.0, -1.0]]])
    flows = landmark_flows(np.stack([points, points]), others, SIDE)
    assert flows.shape == (2, 2, SIDE, SIDE)
    assert flows[0, 0, 64, 64] == pytest.approx(2.0, abs=0.05)
    assert flows[1, 1, 64, 64] == pytest.approx(-1.0, abs=0.05)


def test_a_smooth_flow_keeps_the_motion_and_loses_the_noise() -> None:
    x = torch.linspace(-1, 1, SIDE)
    course = (3 + 2 * x[None].expand(SIDE, -1)).expand(1, 1, -1, -1)
    noise = 0.15 * torch.randn(1, 2, SIDE, SIDE, generator=torch.Generator().manual_seed(0))
    there = torch.cat([course, 0 * course], dim=1) + noise
    still = torch.zeros(2, 2, SIDE, SIDE)
    found = smooth_guided_flows(
        lambda a, b: torch.cat([there, -there]), torch.zeros(2, 3, SIDE, SIDE), still, smoothness=0.05
    )
    inside = (..., slice(16, 112), slice(16, 112))
    wanted = torch.cat([course, 0 * course], dim=1)
    assert (found[:1] - wanted)[inside].abs().max() < 0.3 * noise.abs().max()
    assert found.shape == (2, 2, SIDE, SIDE)


def test_what_is_hidden_has_no_part_in_a_smooth_flow() -> None:
    """On the right, there and back miss by far: the flow there is continued from the left."""
    there = torch.full((1, 2, SIDE, SIDE), 2.0)
    there[..., SIDE // 2 :] = 30.0
    back = torch.full((1, 2, SIDE, SIDE), -2.0)
    still = torch.zeros(2, 2, SIDE, SIDE)
    found = smooth_guided_flows(lambda a, b: torch.cat([there, back]), torch.zeros(2, 3, SIDE, SIDE), still, 0.05)
    torch.testing.assert_close(found[0, :, 40:88, 20:60], there[0, :, 40:88, 20:60], atol=0.1, rtol=0)
