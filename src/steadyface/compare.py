"""Several methods on one clip and one inversion: a table and a picture sheet."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import cv2

from steadyface.clip.folder import spread
from steadyface.config.job import Job, check
from steadyface.metrics.evaluate import Critics, evaluate_run, find_parts
from steadyface.metrics.frames import Crops
from steadyface.pipeline import run_checked
from steadyface.report.contact_sheet import contact_sheet
from steadyface.report.labels import Image
from steadyface.report.page import write_report
from steadyface.report.slices import slices_of
from steadyface.report.table import markdown
from steadyface.runtime.device import choose_device
from steadyface.runtime.files import write_atomically
from steadyface.runtime.optimise import Watcher
from steadyface.runtime.time_left import Expect, Plan

TABLE = (
    "E(direct) / E(input)",
    "E(edited) / E(input)",
    "E(edited) / E(direct)",
    "LPIPS direct to edited",
    "on the person",
    "strength kept",
    "mouth corr / ampl",
    "eyes corr / ampl (own)",
    "sharpness",
    "identity / TL / TG",
    "minutes",
)
SHOWN = 5
"""Frames on the sheet."""


def compare_methods(
    job: Job,
    methods: Sequence[str],
    out: Path,
    *,
    reuse: Sequence[Path] = (),
    critics: Critics | None = None,
    watch: Watcher | None = None,
    announce: Callable[[str], None] = lambda _: None,
    expect: Expect | None = None,
) -> dict[str, dict[str, Any]]:
    """Run the job with each preset of ``methods`` into ``out/METHOD``; returns the metrics by method.

    Stages with equal settings, above all the inversion, run once, or are taken from the runs ``reuse``. Writes
    ``table.md``, ``table.json``, ``sheet.png`` and ``slices.png``. The same call resumes where it stopped. Raises the
    errors of `edit_video`, before anything is run.
    """
    jobs = {method: replace(job, preset=method) for method in methods}
    for each in jobs.values():
        check(each, out)
    found = {}
    for method, each in jobs.items():
        said, told = partial(_announce, announce, method), partial(_expect, expect, method)
        finished = [folder for folder in _finished(out) if folder.name != method]
        result = run_checked(each, out / method, reuse=[*finished, *reuse], watch=watch, announce=said, expect=told)
        critics = critics or Critics.load(choose_device(job.device))
        found[method] = measured(result.folder, critics)
    rows = [((method,), metrics) for method, metrics in found.items()]
    table = markdown(rows, ("method",), TABLE)
    write_atomically(out / "table.md", lambda path: path.write_text(table, encoding="utf-8"))
    write_atomically(
        out / "table.json", lambda path: path.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    )
    write_pictures(out, [out / method for method in methods])
    return found


def write_pictures(out: Path, folders: Sequence[Path]) -> None:
    """Write ``sheet.png`` and ``slices.png`` of several finished runs of one clip."""
    clips = results(folders)
    _save(out / "sheet.png", methods_sheet(clips))
    _save(out / "slices.png", slices_of(clips))


def measured(folder: Path, critics: Critics) -> dict[str, Any]:
    """The metrics of a finished run, with its manifest. They are read from its ``metrics.json`` if that is up to date.

    Otherwise they are measured now and also added to the run's report.
    """
    metrics, manifest = folder / "metrics.json", folder / "manifest.json"
    if not metrics.exists() or metrics.stat().st_mtime < manifest.stat().st_mtime:
        text = json.dumps(evaluate_run(folder, critics=critics), indent=2) + "\n"
        write_atomically(metrics, lambda path: path.write_text(text, encoding="utf-8"))
        write_report(folder)
    return {
        **json.loads(metrics.read_text(encoding="utf-8")),
        "manifest": json.loads(manifest.read_text(encoding="utf-8")),
    }


def results(folders: Sequence[Path]) -> dict[str, Crops]:
    """By name: the input, the first run's direct edit unless ``direct`` is a method, and the result of each method."""
    first, methods = find_parts(folders[0]), {folder.name: find_parts(folder)["edited"] for folder in folders}
    direct = {} if "direct" in methods else {"direct edit": first["direct"]}
    return {"input": first["input"]} | direct | methods


def methods_sheet(clips: Mapping[str, Crops]) -> Image:
    """A row for each of `results`, at frames spread over the clip."""
    shown = spread(len(clips["input"]), SHOWN)
    rows = [[crops[index] for index in shown] for crops in clips.values()]
    return contact_sheet(rows, list(clips), [f"frame {index}" for index in shown])


def _save(path: Path, picture: Image) -> None:
    encoded = cv2.imencode(path.suffix, picture[:, :, ::-1])[1].tobytes()
    write_atomically(path, lambda beside: beside.write_bytes(encoded))


def _announce(announce: Callable[[str], None], method: str, stage: str) -> None:
    announce(f"{method}: {stage}")


def _expect(expect: Expect | None, method: str, plan: Plan) -> None:
    if expect is not None:
        expect({f"{method}: {stage}": parts for stage, parts in plan.items()})


def _finished(out: Path) -> list[Path]:
    """The folders of all methods that have finished."""
    return sorted(path.parent for path in out.glob("*/manifest.json"))
