"""Warping error, the measure of flicker (Lai et al., "Learning Blind Video Temporal Consistency", ECCV 2018)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from steadyface.errors import InputError
from steadyface.flow.base import FlowEstimator
from steadyface.flow.occlusion import non_occluded
from steadyface.flow.warp import in_bounds, warp
from steadyface.metrics.frames import Frames, load, same_length
from steadyface.runtime.batches import batches

Reduction = Literal["channel_mean", "channel_sum"]
Occlusion = Literal["lai2018", "none"]


@dataclass(frozen=True)
class WarpingError:
    """The warping error of one clip; compare numbers only if all fields but the errors are equal."""

    pairs: NDArray[np.float64]
    """(P,): the error of each pair (t, t + distance), pictures in [0, 1]; NaN where no pixel is visible."""
    coverage: float
    """The share of pixels that count, 0 to 1."""
    distance: int
    """Frames between the two of a pair."""
    flow: str
    """The name of the flow estimator."""
    reduction: Reduction
    occlusion: Occlusion

    @property
    def mean(self) -> float:
        """The mean over the pairs that have a visible pixel; NaN if there are none."""
        seen = self.pairs[~np.isnan(self.pairs)]
        return float(seen.mean()) if len(seen) else float("nan")


def pair_error(a: Tensor, b: Tensor, flow: Tensor, mask: Tensor, reduction: Reduction) -> Tensor:
    """Eq. 9 of Xu et al., "Temporally Consistent Semantic Video Editing" (ECCV 2022), for N pairs: (N,).

    sum_p M(p) | a(p) - b(p + flow(p)) |^2 / sum_p M(p), with a and b (N, 3, H, W) in [0, 1], flow
    (N, 2, H, W) in pixels from a to b, mask (N, 1, H, W) in {0, 1}. "channel_sum" is the equation to the
    letter; Lai et al.'s program, whose figures the literature reports, divides by 3 for the channels:
    "channel_mean". NaN where the mask is empty.
    """
    squared = (a - warp(b, flow)).square().sum(1, keepdim=True)
    total = (squared * mask).sum((1, 2, 3)) / mask.sum((1, 2, 3))
    return total if reduction == "channel_sum" else total / a.shape[1]


@torch.no_grad()
def warping_errors(
    clips: Mapping[str, Frames],
    inputs: Frames,
    flow: FlowEstimator,
    *,
    pairs: Sequence[int] | None = None,
    distance: int = 1,
    every: int = 1,
    reduction: Reduction = "channel_mean",
    occlusion: Occlusion = "lai2018",
    batch: int = 4,
    device: torch.device | str = "cpu",
) -> dict[str, WarpingError]:
    """Measure several versions of one clip, with one flow: E of pairs (t, t + distance) by clip.

    Flow and visibility always come from the `inputs`, whose correspondences are real, as in Lai et al.: a frozen or
    smeared result can't improve its own flow. Only `batch` pairs are in memory at a time.

    Args:
        clips: the versions; each as long and as large as `inputs`.
        inputs: the clip before the edit.
        flow: not the estimator whose flow a method optimised, or the method is rewarded for its errors.
        pairs: the first frames of pairs that are of one shot; all frames if not given.
        distance: 1 measures flicker, 5 and 10 slow drift.
        every: 1 takes all pairs, 2 every other one. At large distances, successive pairs are so alike that fewer do.
        reduction: see `pair_error`.
        occlusion: "lai2018", their test, or "none": every pixel whose partner lies inside the frame.
        batch: pairs.
        device: where `flow` lives.

    Raises:
        InputError: a clip's length differs from the inputs', or there is no pair at this distance.
    """
    for clip in clips.values():
        same_length(clip, inputs)
    starts = list(range(len(inputs) - distance) if pairs is None else pairs)[::every]
    if distance < 1 or not starts:
        raise InputError(f"no two of the {len(inputs)} frames are {distance} apart: choose a smaller distance")
    errors: dict[str, list[Tensor]] = {name: [] for name in clips}
    seen: list[Tensor] = []
    for numbers in batches(len(starts), batch):
        first = [starts[number] for number in numbers]
        second = [number + distance for number in first]
        motion, mask = _motion(inputs, first, second, flow, occlusion, device)
        seen.append(mask.mean((1, 2, 3)))
        for name, clip in clips.items():
            a, b = ((load(clip, numbers, device) + 1) / 2 for numbers in (first, second))
            errors[name].append(pair_error(a, b, motion, mask, reduction))
    coverage = float(torch.cat(seen).mean())
    return {
        name: WarpingError(
            torch.cat(parts).double().cpu().numpy(),
            coverage,
            distance,
            type(flow).__name__,
            reduction,
            occlusion,
        )
        for name, parts in errors.items()
    }


def _motion(
    inputs: Frames,
    first: Sequence[int],
    second: Sequence[int],
    flow: FlowEstimator,
    occlusion: Occlusion,
    device: torch.device | str,
) -> tuple[Tensor, Tensor]:
    """Return the flow (N, 2, H, W) from the first to the second frames and its mask (N, 1, H, W)."""
    a, b = load(inputs, first, device), load(inputs, second, device)
    if occlusion == "none":
        forward = flow(a, b)
        return forward, in_bounds(forward)
    forward, backward = flow(torch.cat([a, b]), torch.cat([b, a])).chunk(2)
    return forward, non_occluded(forward, backward)
