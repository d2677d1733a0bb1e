"""Flow of a face that moves far: first along its landmarks, then an estimator for what is left. Ours."""

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from steadyface.flow.base import FlowEstimator
from steadyface.flow.blur import blurred
from steadyface.flow.occlusion import consistency_error, visibility
from steadyface.flow.warp import warp

NEAR = 0.05
"""Reach of a landmark's own motion, a Gaussian's sigma as a fraction of the picture's side: less follows the landmarks'
noise, more loses the motion of lips and jaw."""
FAR = 0.4
"""Reach of the motion of the head as a whole, beyond the landmarks: hair and neck follow it, the background less."""
GRID = 32
"""Side of the grid on which the field, which is smooth, is computed."""


def landmark_flow(a: NDArray[np.floating], b: NDArray[np.floating], size: int) -> NDArray[np.float32]:
    """The smooth motion from landmarks a to landmarks b, (L, 2) in px of a picture of side ``size``: (size, size, 2).

    The affine map between the two by least squares, plus the mean of what it leaves at the landmarks nearby, fading
    with the distance from the nearest landmark.
    """
    start, moved = a.astype(np.float64), (b - a).astype(np.float64)
    affine, *_ = np.linalg.lstsq(_with_one(start), moved, rcond=None)
    left = moved - _with_one(start) @ affine
    centres = (np.arange(GRID) + 0.5) * (size / GRID) - 0.5
    points = np.stack(np.meshgrid(centres, centres), axis=-1).reshape(-1, 2)
    squared = np.square(points).sum(1, keepdims=True) - 2 * points @ start.T + np.square(start).sum(1)
    weights = np.exp((-0.5 / (NEAR * size) ** 2 * squared).astype(np.float32))
    own = weights @ left.astype(np.float32) / (weights.sum(1, keepdims=True) + 1e-3)
    fade = np.exp(-0.5 * squared.min(1, keepdims=True) / (FAR * size) ** 2)
    field = (fade * (own + _with_one(points) @ affine)).reshape(GRID, GRID, 2).astype(np.float32)
    return np.asarray(cv2.resize(field, (size, size), interpolation=cv2.INTER_LINEAR), np.float32)


def guided_flow(estimator: FlowEstimator, a: Tensor, b: Tensor, start: Tensor) -> Tensor:
    """Flow (N, 2, H, W) from a to b, (N, 3, H, W) in [-1, 1]: ``start``, then the estimator's to b warped by it."""
    return composed(estimator(a, warp(b, start)), start)


def composed(rest: Tensor, start: Tensor) -> Tensor:
    """The flow (N, 2, H, W) of two in sequence.

    a(p) = warped(p + r(p)), and warped(q) = b(q + s(q)), so that the flow from a to b is r(p) + s(p + r(p)).
    """
    return rest + warp(start, rest)


def smooth_guided_flows(
    estimator: FlowEstimator, images: Tensor, start: Tensor, smoothness: float, sharpness: float = 1.0
) -> Tensor:
    """Flows between two images (2, 3, H, W), there and back, of which all but ``start`` is smooth: (2, 2, H, W).

    What is left after the landmarks is a smooth motion, but an estimator's has noise where skin has no texture, and a
    rim before it would jitter. ``smoothness`` is the sigma of a Gaussian as a fraction of the height; pixels are
    weighted by their visibility, so that what is hidden has no part.
    """
    other = images.flip(0)
    rest = estimator(images, warp(other, start))
    flows = composed(rest, start)
    seen = visibility(consistency_error(flows, flows.flip(0)), sharpness) + 1e-3
    both = blurred(torch.cat([rest * seen, seen], dim=1), smoothness * images.shape[-2])
    return composed(both[:, :2] / both[:, 2:], start)


def landmark_flows(
    pairs: NDArray[np.floating], others: NDArray[np.floating], size: int, device: torch.device | None = None
) -> Tensor:
    """The `landmark_flow` of N pairs of landmarks, (N, L, 2) twice: (N, 2, size, size)."""
    flows = [landmark_flow(a, b, size) for a, b in zip(pairs, others, strict=True)]
    return torch.from_numpy(np.stack(flows)).permute(0, 3, 1, 2).contiguous().to(device)


def _with_one(points: NDArray[np.floating]) -> NDArray[np.float64]:
    return np.column_stack([points, np.ones(len(points))])
