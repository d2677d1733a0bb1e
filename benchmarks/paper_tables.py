"""The paper's tables 1 to 3 in form: methods in-domain and out-of-domain, and the ablation, on clips x edits.

    python benchmarks/paper_tables.py --clips ../shared/clips --names grid_sbia1a grid_brbk7n --frames 0:16

One inversion of a clip serves all its edits and methods; what else has equal settings is made once, too: phase 1 of
`phase1` and `paper`, the tuning of `stit`. Takes hours; run again, it goes on where it stopped. Writes into --docs
tables.md and tables.json, a sheet and x-t slices of every clip and edit, and a sheet of all that `default` has made of
a clip. What tables.json has of other clips, edits and methods stays in the tables, so that they can be made a part at
a time, and calls for different clips can run beside each other.
"""

import argparse
import json
import platform
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from statistics import mean
from typing import Any

import cv2
from filelock import FileLock

from steadyface.cli.edit import frame_range
from steadyface.compare import compare_methods, methods_sheet, write_pictures
from steadyface.config.job import Job, edit_file, preset_of
from steadyface.editing.catalogue import Request, is_style
from steadyface.errors import InputError
from steadyface.metrics.evaluate import Critics, find_parts
from steadyface.metrics.frames import Crops
from steadyface.metrics.gates import ON_PERSON
from steadyface.report.jpeg import save_jpeg
from steadyface.runtime.files import write_atomically
from steadyface.stages.stage_list import INVERSION

EDITS = ("eyeglasses", "age", "smile", "angry", "beard", "sketch", "oil-painting", "cartoon", "bronze", "zombie")
METHODS = ("direct", "default", "paper", "official", "phase1", "phase2", "smooth", "stit", "dvp", "latent-transformer")
PHASES = ("phase1", "phase2")
ABLATION = ("direct", *PHASES, "paper")
VIDEOS = (".mpg", ".mp4", ".mov", ".mkv", ".webm")
COLUMNS = (
    "E x 1000 | E / E(input) | 5 apart | 10 apart | E / E(direct) | LPIPS to direct "
    "| on the person | strength kept | mouth corr | sharpness | minutes | after the inversion"
)
DIGITS = {"error": 2, "lpips": 3, "person": 3, "minutes": 1, "own": 1}
ONE_BY_ONE = {
    "to_direct": "E / E(direct)",
    "lpips": "LPIPS to direct",
    "person": "LPIPS on the person",
    "kept": "Strength kept",
    "mouth": "Mouth corr",
    "sharpness": "Sharpness / the inversion's",
}

IN_DOMAIN, OUT_OF_DOMAIN = "in-domain edits", "out-of-domain edits"

Runs = dict[str, dict[str, Any]]
"""By "clip edit": the metrics of a run."""
Cells = dict[str, dict[str, dict[str, Runs]]]
"""By inversion, domain and method."""


def cell(metrics: Mapping[str, Any], direct: Mapping[str, Any] | None) -> dict[str, float | None]:
    """The quantities of one run that the tables average; ``direct`` is the run of that method on the same clip."""
    error = metrics["warping_error"]["1"]["edited"]
    # A direct edit by another network: how far it is from its direct edit says nothing.
    itself = metrics is not direct and not metrics["lpips"]["edited/direct"]
    kept = [metrics["strength"].get("kept", {}).get(name) for name in metrics["attributes"]]
    mouth = metrics["liveliness"]["edited"]["mouth"]
    minutes = {name: _seconds(stage) / 60 for name, stage in metrics["manifest"]["stages"].items()}
    return {
        "error": 1e3 * error,
        **{f"to_input_{n}": metrics["warping_ratio"].get(n, {}).get("edited/input") for n in ("1", "5", "10")},
        "to_direct": error / direct["warping_error"]["1"]["edited"] if direct else None,
        "lpips": None if itself else metrics["lpips"]["edited/direct"],
        "person": None if itself else metrics["lpips"].get(ON_PERSON),
        "kept": kept[0] if kept else None,
        "mouth": mouth and mouth["correlation"],
        "sharpness": metrics["sharpness"]["edited"],
        "minutes": sum(minutes.values()),
        "own": sum(spent for name, spent in minutes.items() if name not in INVERSION),
    }


def _seconds(stage: Mapping[str, Any]) -> float:
    """Of the processor, which other work beside doesn't change; runs of before these were recorded have the clock's."""
    return float(stage.get("processor_seconds", stage["seconds"]))


def row(label: str, runs: Iterable[str], found: Runs, direct: Runs) -> str:
    """The means of the quantities that a method has ``found`` over ``runs``, each where it is known."""
    rows = [cell(found[name], direct.get(name)) for name in runs]
    known = {key: [each[key] for each in rows if each[key] is not None] for key in rows[0]}
    return line([label, *(figure(mean(values) if values else None, key) for key, values in known.items())])


def figure(value: float | None, quantity: str) -> str:
    return "-" if value is None else f"{value:.{DIGITS.get(quantity, 2)}f}"


def line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def table(lead: str, rows: Iterable[str], columns: str = COLUMNS) -> str:
    head = f"| {lead} | {columns} |"
    return "\n".join([head, "|---" * (head.count("|") - 1) + "|", *rows]) + "\n"


def shared_runs(by_method: Mapping[str, Runs]) -> list[tuple[str, ...]]:
    """The different sets of clips and edits that methods have been run on, those of most methods first.

    A table is over one of these: means over different clips can't be compared.
    """
    sets = dict.fromkeys(tuple(sorted(runs)) for runs in by_method.values())
    return sorted(sets, key=lambda runs: -len(run_on(runs, by_method)))


def run_on(runs: Iterable[str], by_method: Mapping[str, Runs]) -> list[str]:
    """The methods that have been run on all of them."""
    return [method for method, found in by_method.items() if set(runs) <= found.keys()]


def other_directs(cells: Cells, inversion: str, domain: str, runs: Iterable[str]) -> dict[str, Runs]:
    """By label the direct edits on other inversions that have been run on all of ``runs``: a table shows both kinds."""
    others = {name: by_domain.get(domain, {}) for name, by_domain in cells.items() if name != inversion}
    return {f"direct, {name}": found["direct"] for name, found in others.items() if "direct" in run_on(runs, found)}


def one_by_one(title: str, quantity: str, by_method: Mapping[str, Runs]) -> list[str]:
    """A table of one quantity: a row for each run, a column for each method. Nothing if no run has it."""
    methods, direct = in_order(by_method), by_method.get("direct", {})
    known = {}
    for run in sorted(set().union(*by_method.values())):
        found = [by_method[method].get(run) for method in methods]
        known[run] = [cell(metrics, direct.get(run))[quantity] if metrics else None for metrics in found]
    if all(value is None for values in known.values() for value in values):
        return []
    rows = [line([run, *(figure(value, quantity) for value in values)]) for run, values in known.items()]
    return [f"### {title}, one by one\n", table("clip and edit", rows, " | ".join(methods))]


def written(cells: Cells, frames: str) -> str:
    """All tables as Markdown."""
    parts = []
    for inversion, by_domain in cells.items():
        for domain, by_method in by_domain.items():
            direct = by_method.get("direct", {})
            parts += [f"## {inversion} inversion, {domain}, frames {frames}\n"]
            for runs in shared_runs(by_method):
                present = in_order(run_on(runs, by_method))
                others = other_directs(cells, inversion, domain, runs)
                parts += [f"### Means over {', '.join(runs)}\n"]
                shown = {f"table {2 if domain == IN_DOMAIN else 1}": [each for each in present if each not in PHASES]}
                if any(phase in present for phase in PHASES):
                    shown["table 3"] = [each for each in ABLATION if each in present]
                for name, methods in shown.items():
                    rows = [row(each, runs, found, direct) for each, found in others.items()]
                    rows += [row(each, runs, by_method[each], direct) for each in methods]
                    parts += [f"In form the paper's {name}:\n", table("method", rows)]
            defaults = by_method.get("default", {})
            singles = [row(run, [run], defaults, direct) for run in sorted(defaults)]
            parts += ["### `default`, one by one\n", table("clip and edit", singles)] if len(singles) > 1 else []
            for quantity, title in ONE_BY_ONE.items():
                parts += one_by_one(title, quantity, by_method)
    made = f"Python {platform.python_version()}, torch {version('torch')}, {platform.machine()}"
    return "\n".join([*parts, f"{made}, steadyface {version('steadyface')}.\n"])


def cells_of(path: Path, frames: str) -> Cells:
    """What an earlier call has written. Raises `InputError` if it was of other frames."""
    if not path.exists():
        return {}
    kept = json.loads(path.read_text(encoding="utf-8"))
    if kept["frames"] != frames:
        raise InputError(f"{path} is of frames {kept['frames']}, not {frames}: name another folder with --docs")
    cells: Cells = kept["cells"]
    return cells


def put(docs: Path, frames: str, inversion: str, run: str, found: Mapping[str, dict[str, Any]], domain: str) -> None:
    """Add the metrics that ``run`` ("clip edit") has by method to tables.json, and write tables.md anew.

    Calls for other clips or edits may do so at the same time: each adds to what is there by then.
    """
    tables = docs / "tables.json"
    with FileLock(docs / ".tables.lock"):
        cells = cells_of(tables, frames)
        by_method = cells.setdefault(inversion, {}).setdefault(domain, {})
        for method, metrics in found.items():
            by_method.setdefault(method, {})[run] = metrics
        text = json.dumps({"frames": frames, "cells": cells}, indent=1) + "\n"
        write_atomically(tables, lambda path: path.write_text(text, encoding="utf-8"))
        write_atomically(docs / "tables.md", lambda path: path.write_text(written(cells, frames), encoding="utf-8"))


def in_order(methods: Iterable[str]) -> list[str]:
    """As in `METHODS`, others last."""
    return sorted(methods, key=lambda name: (*METHODS, name).index(name))


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


def by_default(folder: Path) -> dict[str, Crops]:
    """A clip's input, and what `default` has made of it so far, by edit."""
    finished = [path.parent for edit in EDITS for path in folder.glob(f"{edit}/default/metrics.json")]
    clips: dict[str, Crops] = {}
    for run in finished:
        parts = find_parts(run)
        clips |= {"input": parts["input"], run.parent.name: parts["edited"]}
    return clips


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
    cells_of(args.docs / "tables.json", args.frames)  # of other frames? Better asked before hours of work than after
    critics = Critics.load()
    sources = [path for path in sorted(args.clips.iterdir()) if path.suffix in VIDEOS]
    args.docs.mkdir(parents=True, exist_ok=True)
    for inversion in args.inversions:
        for source in [path for path in sources if not args.names or path.stem in args.names]:
            for edit in args.edits:
                out = args.out / inversion / source.stem / edit
                job = Job(source, (Request.parse(edit),), frames=frame_range(args.frames), inversion=inversion)
                if not (methods := able(args.methods, job)):
                    continue
                others = [path.parent for path in out.parent.glob("*/*/manifest.json")]
                found = compare_methods(job, methods, out, reuse=others, critics=critics, announce=say)
                finished = in_order(path.parent.name for path in out.glob("*/metrics.json"))
                if len(finished) > len(methods):  # earlier calls' too
                    write_pictures(out, [out / name for name in finished])
                for picture in ("sheet", "slices"):
                    shown = cv2.imread(str(out / f"{picture}.png"))
                    save_jpeg(args.docs / f"{inversion}_{source.stem}_{edit}_{picture}.jpg", shown[:, :, ::-1])
                domain = OUT_OF_DOMAIN if is_style(job.edits[0]) else IN_DOMAIN
                put(args.docs, args.frames, inversion, f"{source.stem} {edit}", found, domain)
            if clips := by_default(args.out / inversion / source.stem):
                save_jpeg(args.docs / f"{inversion}_{source.stem}_edits.jpg", methods_sheet(clips))
    print((args.docs / "tables.md").read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
