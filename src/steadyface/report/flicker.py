"""Where a clip flickers: the warping error of each pixel, as a picture."""

from collections.abc import Mapping

import cv2
import numpy as np
import torch

from steadyface.clip.folder import spread
from steadyface.flow.base import FlowEstimator
from steadyface.flow.dis import DisFlow
from steadyface.flow.occlusion import non_occluded
from steadyface.flow.warp import warp
from steadyface.metrics.frames import Frames, load
from steadyface.report.labels import Image

PAIRS = 24
"""Pairs of neighbours that are measured, spread over the clip."""
BRIGHTEST = 0.995
"""The quantile of the direct edit's error that gets the brightest colour."""


@torch.no_grad()
def flicker_maps(parts: Mapping[str, Frames], estimator: FlowEstimator | None = None) -> dict[str, Image]:
    """Map each part's error, on the same scale for all: RGB uint8 (H, W, 3) by name. The flow is the input's."""
    flow, count = estimator or DisFlow(), len(parts["input"])
    totals = {name: np.zeros(parts["input"][0].shape[:2]) for name in parts}
    for index in spread(count - 1, PAIRS):
        a, b = load(parts["input"], [index]), load(parts["input"], [index + 1])
        there, back = flow(a, b), flow(b, a)
        seen = non_occluded(there, back)
        for name, frames in parts.items():
            gap = load(frames, [index]) - warp(load(frames, [index + 1]), there)
            totals[name] += (gap.square().mean(1, keepdim=True) * seen)[0, 0].numpy()
    top = np.quantile(totals.get("direct", totals["input"]), BRIGHTEST) + 1e-9
    maps = {}
    for name, total in totals.items():
        level = (255 * np.sqrt(np.clip(total / top, 0, 1))).astype(np.uint8)
        maps[name] = np.asarray(cv2.applyColorMap(level, cv2.COLORMAP_INFERNO)[:, :, ::-1], np.uint8)
    return maps
