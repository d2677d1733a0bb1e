"""The paper's tables 1 to 3 in form: methods in-domain and out-of-domain, and the ablation, on clips x edits.

    python benchmarks/paper_tables.py --clips ../shared/clips --names grid_sbia1a grid_brbk7n --frames 0:16

One inversion of a clip serves all its edits and methods. Takes hours; run again, it goes on where it stopped. Writes
tables.md and tables.json into --docs, and a sheet and x-t slices of every clip and edit.
"""

import argparse
import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from statistics import mean
from typing import Any

import cv2

from steadyface.cli.edit import frame_range
from steadyface.cluster.worker import INVERSION
from steadyface.compare import compare_methods
from steadyface.editing.catalogue import Request, is_style
from steadyface.errors import InputError
from steadyface.job import Job, edit_file, preset_of
from steadyface.metrics.clip import Critics
from steadyface.metrics.gates import ON_PERSON

EDITS = ("eyeglasses", "age", "smile", "angry", "beard", "sketch", "oil-painting", "cartoon", "bronze", "zombie")
METHODS = ("direct", "default", "paper", "official", "phase1", "phase2", "smooth", "stit", "dvp", "latent-transformer")
ABLATION = ("direct", "phase1", "phase2", "paper")
VIDEOS = (".mpg", ".mp4", ".mov", ".mkv", ".webm")
HEAD = (
    "| method | E x 1000 | E / E(input) | E / E(direct) | LPIPS to direct | on the person | strength kept | mouth corr "
    "| minutes | after the inversion |"
)

IN_DOMAIN, OUT_OF_DOMAIN = "in-domain edits", "out-of-domain edits"

Cells = dict[str, dict[str, dict[str, dict[str, dict[str, Any]]]]]
"""By inversion, domain, method and "clip edit": the metrics of a run."""


def cell(metrics: Mapping[str, Any], direct: Mapping[str, Any] | None) -> dict[str, float | None]:
    """The quantities of one run that the tables average; ``direct`` is the run of that method on the same clip."""
    error = metrics["warping_error"]["1"]["edited"]
    kept = [metrics["strength"].get("kept", {}).get(name) for name in metrics["attributes"]]
    mouth = metrics["liveliness"]["edited"]["mouth"]
    minutes = {name: _seconds(stage) / 60 for name, stage in metrics["manifest"]["stages"].items()}
    return {
        "error": 1e3 * error,
        "to_input": metrics["warping_ratio"]["1"]["edited/input"],
        "to_direct": error / direct["warping_error"]["1"]["edited"] if direct else None,
        "lpips": metrics["lpips"]["edited/direct"],
        "person": metrics["lpips"].get(ON_PERSON),
        "kept": kept[0] if kept else None,
        "mouth": mouth and mouth["correlation"],
        "minutes": sum(minutes.values()),
        "own": sum(spent for name, spent in minutes.items() if name not in INVERSION),
    }


def _seconds(stage: Mapping[str, Any]) -> float:
    """Of the processor, which other work beside doesn't change; runs of before these were recorded have the clock's."""
    return float(stage.get("processor_seconds", stage["seconds"]))


def averaged(runs: Mapping[str, Mapping[str, Any]], direct: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """One row: the mean over runs of each quantity where it is known."""
    rows = [cell(metrics, direct.get(name)) for name, metrics in runs.items()]
    known = {key: [row[key] for row in rows if row[key] is not None] for key in rows[0]}
    digits = {"error": 2, "lpips": 3, "person": 3, "minutes": 1, "own": 1}
    return [f"{mean(values):.{digits.get(key, 2)}f}" if values else "-" for key, values in known.items()]


def table(by_method: Mapping[str, Mapping[str, Any]], methods: tuple[str, ...]) -> str:
    lines = [HEAD, "|---" * HEAD.count("| ") + "|"]
    most = max(map(len, by_method.values()))
    for name in methods:
        if runs := by_method.get(name):
            label = name if len(runs) == most else f"{name} ({len(runs)} of {most} runs)"
            lines.append("| " + " | ".join([label, *averaged(runs, by_method.get("direct", {}))]) + " |")
    return "\n".join(lines) + "\n"


def written(cells: Cells, frames: str) -> str:
    """All tables as Markdown."""
    parts = []
    for inversion, by_domain in cells.items():
        for domain, by_method in by_domain.items():
            runs = next(iter(by_method.values()))
            parts += [f"## {inversion} inversion, {domain}\n"]
            parts += [f"Means over {len(runs)} runs, frames {frames}: {', '.join(runs)}.\n"]
            methods = tuple(name for name in by_method if name not in ("phase1", "phase2"))
            parts += [f"### Methods (the paper's table {2 if domain == IN_DOMAIN else 1})\n", table(by_method, methods)]
            parts += ["### Ablation (the paper's table 3)\n", table(by_method, ABLATION)]
    made = f"Python {platform.python_version()}, torch {version('torch')}, {platform.machine()}"
    return "\n".join([*parts, f"{made}, steadyface {version('steadyface')}.\n"])


def able(methods: Sequence[str], job: Job) -> list[str]:
    """The methods that can make the job's edits; says which can't."""
    found = []
    for method in methods:
        preset = preset_of(replace(job, preset=method))
        try:
            for request in job.edits:
                edit_file(request, preset)
            found.append(method)
        except InputError as error:
            say(f"{method} is left out: {error}")
    return found


def say(stage: str) -> None:
    print(stage, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=Path, default=Path("../shared/clips"), help="a folder of videos")
    parser.add_argument("--names", nargs="*", help="of clips, without suffix; default: all")
    parser.add_argument("--frames", default="0:16")
    parser.add_argument("--edits", nargs="*", default=EDITS)
    parser.add_argument("--methods", nargs="*", default=METHODS)
    parser.add_argument("--inversions", nargs="*", default=("joint", "independent"))
    parser.add_argument("--out", type=Path, default=Path("runs/tables"))
    parser.add_argument("--docs", type=Path, default=Path("docs/tables"))
    args = parser.parse_args()
    critics, cells = Critics.load(), {}
    sources = [path for path in sorted(args.clips.iterdir()) if path.suffix in VIDEOS]
    args.docs.mkdir(parents=True, exist_ok=True)
    for inversion in args.inversions:
        for source in [path for path in sources if not args.names or path.stem in args.names]:
            first = None
            for edit in args.edits:
                out = args.out / inversion / source.stem / edit
                job = Job(source, (Request.parse(edit),), frames=frame_range(args.frames), inversion=inversion)
                if not (methods := able(args.methods, job)):
                    continue
                found = compare_methods(job, methods, out, reuse=first, critics=critics, announce=say)
                first = first or out / methods[0]
                for picture in ("sheet", "slices"):
                    shown = cv2.imread(str(out / f"{picture}.png"))
                    name = f"{inversion}_{source.stem}_{edit}_{picture}.jpg"
                    cv2.imwrite(str(args.docs / name), shown, [cv2.IMWRITE_JPEG_QUALITY, 85])
                domain = OUT_OF_DOMAIN if is_style(job.edits[0]) else IN_DOMAIN
                for method, metrics in found.items():
                    by_method = cells.setdefault(inversion, {}).setdefault(domain, {})
                    by_method.setdefault(method, {})[f"{source.stem} {edit}"] = metrics
                (args.docs / "tables.json").write_text(json.dumps(cells, indent=1) + "\n")
                (args.docs / "tables.md").write_text(written(cells, args.frames))
    print((args.docs / "tables.md").read_text())


if __name__ == "__main__":
    main()
