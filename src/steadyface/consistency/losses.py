"""The losses of both phases, each as its equation. Sums over pixels are weighted means."""

import torch
from torch import Tensor

from steadyface.clip.filters import low_pass
from steadyface.consistency.flows import Flows
from steadyface.critics.lpips import Lpips, Seen
from steadyface.flow.warp import warp
from steadyface.gan.base import Generator, broadcast_w

CHARBONNIER = 0.01
"""Colour differences below this, in [-1, 1] units, count quadratically, larger ones linearly."""
_EPSILON = 1e-6


def masked_mean(values: Tensor, mask: Tensor) -> Tensor:
    """sum(M v) / sum(M) per sample, averaged: (N, 1, S, S) twice -> scalar; 0 for an empty mask."""
    weighted = (values * mask).sum((1, 2, 3)) / mask.sum((1, 2, 3)).clamp_min(_EPSILON)
    return weighted.mean()


def difference(lpips: Lpips, a: Tensor | Seen, b: Tensor | Seen, pixel_weight: float) -> Tensor:
    """Spatial LPIPS plus ``pixel_weight`` times the `colour_difference`: (N, 1, S, S)."""
    a, b = lpips.see(a), lpips.see(b)
    perceptual = lpips.spatial(a, b)
    return perceptual + pixel_weight * colour_difference(a.images, b.images) if pixel_weight else perceptual


def colour_difference(a: Tensor, b: Tensor) -> Tensor:
    """Charbonnier difference of the blurred colours of images (N, 3, S, S): (N, 1, S, S).

    Both are blurred because warping interpolates: a loss on raw pixels would ask the unwarped image to be as soft.
    """
    squared = low_pass(a - b).square().mean(1, keepdim=True)
    return (squared + CHARBONNIER**2).sqrt() - CHARBONNIER


def photometric(
    lpips: Lpips,
    a: Tensor | Seen,
    b: Tensor | Seen,
    flows: Flows,
    mask_a: Tensor,
    mask_b: Tensor,
    pixel_weight: float = 0.0,
) -> Tensor:
    """L_photo, eq. 1: each image of P pairs compared with the other one, warped to it.

    a, b: (P, 3, S, S) in [-1, 1]; mask_a (on a's grid: the paper's M_{b -> a}) and mask_b: (P, 1, S, S) in
    [0, 1].
    """
    a, b = lpips.see(a), lpips.see(b)
    at_a = masked_mean(difference(lpips, a, warp(b.images, flows.ab), pixel_weight), mask_a)
    at_b = masked_mean(difference(lpips, b, warp(a.images, flows.ba), pixel_weight), mask_b)
    return at_a + at_b


def residual_size(residuals: Tensor) -> Tensor:
    """L_rf, eq. 4: the mean absolute residual of each frame, summed over a pair.

    ``residuals`` are f_theta's outputs (N, num_ws, w_dim) of the step's frames; the mean over the frames is
    doubled, so that the term weighs the same however many frames a step has.
    """
    return 2 * residuals.abs().mean()


def flow_error(flows: Flows, mask_a: Tensor, mask_b: Tensor) -> Tensor:
    """L_eps, below eq. 4: the consistency errors of both directions, in pixels, as masked means."""
    return masked_mean(flows.error_ab, mask_a) + masked_mean(flows.error_ba, mask_b)


def unedited_fidelity(differences: Tensor, mask: Tensor, power: float = 1.0) -> Tensor:
    """L_M, eq. 6: distance of frames to their targets where the edit changes nothing, summed over a pair.

    differences: (N, 1, S, S), the `difference` of frames and targets (inputs in the paper); mask: (N, 1, S, S) in
    [0, 1], M^PD, whose complement is raised to ``power``. The mean over frames is doubled as in `residual_size`.
    """
    return 2 * masked_mean(differences, (1 - mask) ** power)


@torch.no_grad()
def nearby_code(generator: Generator, code: Tensor, z: Tensor, distance: float) -> Tensor:
    """W_r, above eq. 7: ``code`` (N, num_ws, w_dim) moved by ``distance`` towards mapping(z), z (N, z_dim)."""
    way = broadcast_w(generator, generator.mapping(z)) - code
    length: Tensor = torch.linalg.vector_norm(way, dim=(1, 2), keepdim=True)
    return code + distance * way / length


def locality(
    lpips: Lpips,
    original: Generator,
    tuned: Generator,
    code: Tensor,
    lpips_weight: float,
    pixel_weight: float,
) -> Tensor:
    """L_r, eq. 7: both generators must give the same image for ``code`` (N, num_ws, w_dim) of `nearby_code`."""
    with torch.no_grad():
        wanted = original.synthesis(code)
    image = tuned.synthesis(code)
    perceptual: Tensor = lpips(image, wanted).mean()
    return lpips_weight * perceptual + pixel_weight * (image - wanted).square().mean()
