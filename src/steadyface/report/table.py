"""A table of metrics, one line for each run."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from steadyface.metrics.gates import ON_PERSON

Metrics = Mapping[str, Any]
"""A run's metrics, as `metrics.evaluate.evaluate_run` returns them, with its "manifest" for time and memory."""


def number(value: float | None, digits: int = 2) -> str:
    """A value with ``digits`` decimals, "-" if there is none."""
    return "-" if value is None else f"{value:.{digits}f}"


def _warping(metrics: Metrics, quantity: str, key: str, digits: int = 2, scale: float = 1.0, distance: int = 1) -> str:
    """The warping error of frames ``distance`` apart; a clip that is shorter has none."""
    value = metrics[quantity].get(str(distance), {}).get(key)
    return number(value and scale * value, digits)


def _motion(metrics: Metrics, signal: str) -> str:
    found = metrics["liveliness"]["edited"][signal]
    return "-" if found is None else f"{found['correlation']:.2f} / {found['amplitude']:.2f}"


def _lids(metrics: Metrics) -> str:
    """The eyes' motion; in brackets the amplitude of the control, since a rim along a lid hides some of the motion."""
    own = metrics["liveliness"].get("control", {}).get("eyes")
    return _motion(metrics, "eyes") + (f" ({own['amplitude']:.2f})" if own else "")


def _strength(metrics: Metrics, quantity: str) -> str:
    kept = metrics["strength"].get(quantity, {})
    return ", ".join(number(kept.get(name)) for name in metrics["attributes"]) or "-"


def _stages(metrics: Metrics, key: str) -> list[float]:
    """What each stage took; runs of before it was recorded have none."""
    return [stage[key] for stage in metrics.get("manifest", {}).get("stages", {}).values() if key in stage]


def _inversion(metrics: Metrics) -> str:
    return f"{number(metrics['lpips']['inverted/input'], 3)} / {number(metrics['psnr']['inverted/input'], 1)}"


def _sharp_as_direct(sharpness: Mapping[str, float]) -> float | None:
    return sharpness["edited"] / sharpness["direct"] if sharpness.get("direct") else None


def _native(metrics: Metrics, key: str) -> float | None:
    """Runs whose source is gone have none."""
    found = metrics.get("native") or {}
    return found.get(key)


def _identity(metrics: Metrics) -> str:
    found = metrics["identity"]["edited"]
    return f"{found['similarity']:.3f} / {found['tl_id']:.3f} / {found['tg_id']:.3f}"


COLUMNS: dict[str, Callable[[Metrics], str]] = {
    "frames": lambda m: str(m["frames"]),
    "E(input) x 1000": lambda m: _warping(m, "warping_error", "input", 3, 1e3),
    "E(direct) / E(input)": lambda m: _warping(m, "warping_ratio", "direct/input"),
    "E(edited) / E(input)": lambda m: f"**{_warping(m, 'warping_ratio', 'edited/input')}**",
    "E(edited) / E(direct)": lambda m: _warping(m, "warping_ratio", "edited/direct"),
    "ten apart": lambda m: _warping(m, "warping_ratio", "edited/input", distance=10),
    "LPIPS direct to edited": lambda m: number(m["lpips"]["edited/direct"], 3),
    "on the person": lambda m: number(m["lpips"].get(ON_PERSON), 3),
    "inversion LPIPS / dB": _inversion,
    "strength kept": lambda m: _strength(m, "kept"),
    "weakest tenth": lambda m: _strength(m, "weakest_tenth"),
    "mouth corr / ampl": lambda m: _motion(m, "mouth"),
    "eyes corr / ampl (own)": _lids,
    "sharpness": lambda m: number(m["sharpness"].get("edited")),
    "sharpness / direct's": lambda m: number(_sharp_as_direct(m["sharpness"])),
    "in the frames: E": lambda m: number(_native(m, "steady")),
    "sharpness there": lambda m: number(_native(m, "sharpness")),
    "seam": lambda m: number(_native(m, "seam")),
    "identity / TL / TG": _identity,
    "minutes": lambda m: number(sum(_stages(m, "seconds")) / 60, 1),
    "processor s": lambda m: number(sum(_stages(m, "processor_seconds")), 0),
    "GB": lambda m: number(max(_stages(m, "peak_memory_mb"), default=0.0) / 1024, 1),
}
"""Heading -> function that makes a cell. E is the warping error of neighbouring frames, "ten apart" its ratio
E(edited) / E(input) for frames ten apart."""


def markdown(rows: Sequence[tuple[Sequence[str], Metrics]], lead: Sequence[str], columns: Sequence[str]) -> str:
    """A Markdown table: each row's own cells under ``lead``, then the ``columns`` of its metrics."""
    lines = [list(lead) + list(columns), ["---"] * (len(lead) + len(columns))]
    lines += [list(cells) + [COLUMNS[column](metrics) for column in columns] for cells, metrics in rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"
