"""Loss curves: the losses of every step, saved in the run folder and drawn as SVG."""

import json
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from steadyface.runtime.optimise import Progress

FILE = Path("state") / "losses.jsonl"
POINTS = 120
"""Maximum number of points of a curve; each is a mean over successive steps."""
COLOURS = ("#0b6e75", "#c2571a", "#6a4c93", "#3d7d2a", "#b3402a", "#2f5d9b", "#8a6d1d")

Floats = NDArray[np.float64]
Curves = dict[str, dict[str, dict[int, float]]]
"""Stage -> loss -> step -> value."""


class LossLog:
    """A watcher that appends every step's losses, and when it was done, to a run folder."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE

    def __call__(self, seen: Progress) -> None:
        """Write one line."""
        line = json.dumps({"stage": seen.stage, "step": seen.step, "losses": dict(seen.losses), "at": time.time()})
        with self._path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")


def read_losses(folder: Path) -> Curves:
    """Read what `LossLog` wrote. Only the last attempt at a stage counts, and the last value of a repeated step."""
    curves: Curves = {}
    if not (folder / FILE).exists():
        return curves
    for line in (folder / FILE).read_text(encoding="utf-8").splitlines():
        try:
            seen = json.loads(line)
        except ValueError:  # cut short by a kill
            continue
        if not seen["losses"]:  # a loop over frames
            continue
        if seen["step"] == 1:
            curves[seen["stage"]] = {}
        for name, value in seen["losses"].items():
            curves.setdefault(seen["stage"], {}).setdefault(name, {})[seen["step"]] = value
    return curves


def loss_curves(curves: Curves) -> str:
    """A chart for each stage, as HTML with inline SVG; logarithmic."""
    return "".join(f"<p>{stage}</p>{_chart(losses)}" for stage, losses in curves.items() if losses)


def _chart(losses: Mapping[str, Mapping[int, float]]) -> str:
    smoothed = {name: _means(values) for name, values in losses.items()}
    heights = np.concatenate([y for _, y in smoothed.values()])
    low, high = np.log10(max(heights.min(), 1e-6)), np.log10(max(heights.max(), 2e-6))
    last = max(max(values) for values in losses.values())
    parts = []
    for number, (name, (steps, means)) in enumerate(smoothed.items()):
        colour = COLOURS[number % len(COLOURS)]
        across = 1000 * steps / last
        down = 190 - 180 * (np.log10(np.maximum(means, 1e-6)) - low) / (high - low + 1e-9)
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in zip(across, down, strict=True))
        line = f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2">'
        parts.append(f"{line}<title>{name}</title></polyline>")
    legend = " ".join(
        f'<span style="color:{COLOURS[n % len(COLOURS)]}">{name} {means[-1]:.4f}</span>'
        for n, (name, (_, means)) in enumerate(smoothed.items())
    )
    drawn = f'<svg viewBox="0 0 1000 200" preserveAspectRatio="none">{"".join(parts)}</svg>'
    return f"{drawn}<p>{last} steps; at the end: {legend}</p>"


def _means(values: Mapping[int, float]) -> tuple[Floats, Floats]:
    steps = np.array(sorted(values), float)
    heights = np.array([values[int(step)] for step in steps])
    groups = np.array_split(np.arange(len(steps)), min(POINTS, len(steps)))
    return np.array([steps[g].mean() for g in groups]), np.array([heights[g].mean() for g in groups])
