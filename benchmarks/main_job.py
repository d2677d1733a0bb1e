"""The README's table: still and moving heads with four edits each, their metrics, time, memory and pictures.

    python benchmarks/main_job.py --clips ../shared/clips --out runs          # runs what isn't there yet
    python benchmarks/main_job.py --clips ../shared/clips --out runs --table  # only the table of what is there

Five still heads, all their frames, and 75 frames of each of four that move; one inversion of a clip serves its edits.
Run again, it goes on where it stopped; with --only, two calls can share the work.
"""

import argparse
import platform
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from steadyface import edit_video
from steadyface.compare import measured
from steadyface.metrics.evaluate import Critics
from steadyface.metrics.gates import ON_PERSON
from steadyface.report.contact_sheet import run_sheet
from steadyface.report.jpeg import save_jpeg
from steadyface.report.slices import slices_figure
from steadyface.report.table import markdown, number


@dataclass(frozen=True)
class Cell:
    """One run of the table."""

    clip: str
    edit: str
    frames: tuple[int, int | None]

    @property
    def name(self) -> str:
        """Of the run, its folder and its pictures."""
        return f"{self.clip}_{self.edit}"


EDITS = ("eyeglasses", "beard", "smile", "age")
STILL = ("grid_sbia1a", "grid_brbk7n", "grid_lbax4n", "grid_lwbsza", "grid_swiz3n")
MOVING = {"s18": (0, 75), "s20": (0, 75), "s29": (0, 75), "d20": (40, 115)}
CELLS = [Cell(clip, edit, (0, None)) for clip in STILL for edit in EDITS]
CELLS += [Cell(clip, edit, frames) for clip, frames in MOVING.items() for edit in EDITS]


def run(cell: Cell, clips: Path, out: Path, preset: str, size: int | None) -> Path:
    folder = out / cell.name
    same_clip = (out / other.name for other in CELLS if (other.clip, other.frames) == (cell.clip, cell.frames))
    inverted = (other for other in same_clip if other != folder and (other / "manifest.json").is_file())
    edit_video(
        next(clips.glob(f"{cell.clip}.*")),
        [cell.edit],
        folder,
        preset=preset,
        frames=cell.frames,
        size=size,
        reuse=next(inverted, None),
        announce=lambda stage: print(f"{cell.name}: {stage}", flush=True),
    )
    return folder


def pictures(cell: Cell, folder: Path, docs: Path, frames: int) -> None:
    """Contact sheet and x-t slices, as JPEG."""
    docs.mkdir(parents=True, exist_ok=True)
    shown = [round(k * (frames - 1) / 5) for k in range(6)]
    for kind, picture in (("sheet", run_sheet(folder, shown)), ("slices", slices_figure(folder))):
        save_jpeg(docs / f"{cell.name}_{kind}.jpg", picture)


LEAD = ("clip", "edit")
TABLE = (
    "frames",
    "E(direct) / E(input)",
    "E(edited) / E(input)",
    "ten apart",
    "strength kept",
    "weakest tenth",
    "on the person",
    "mouth corr / ampl",
    "eyes corr / ampl (own)",
    "sharpness / direct's",
    "processor s",
    "GB",
)


def summary(rows: list[tuple[Cell, dict[str, Any]]]) -> str:
    """Means over the still heads and over those that move, of each edit; a clip without a value is left out."""
    lines = ["| heads | edit | E, direct | E | ten apart | LPIPS | strength | weakest tenth | mouth | processor s |"]
    lines.append("|---" * 10 + "|")
    for heads, clips in (("still", STILL), ("moving", tuple(MOVING))):
        for edit in EDITS:
            found = [metrics for cell, metrics in rows if cell.edit == edit and cell.clip in clips]
            if found:
                means = [mean(value(each) for each in found) for value in SUMMARY]
                digits = (2, 2, 2, 3, 2, 2, 2, 0)
                cells = [number(each, places) for each, places in zip(means, digits, strict=True)]
                lines.append("| " + " | ".join([f"{heads} ({len(found)})", edit, *cells]) + " |")
    return "\n".join(lines) + "\n"


def mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def of_edit(metrics: dict[str, Any], quantity: str) -> float | None:
    """What classifiers see of it; None of eyeglasses on somebody who wears some."""
    values = [metrics["strength"].get(quantity, {}).get(name) for name in metrics["attributes"]]
    return values[0] if values and 0.0 not in metrics["manifest"]["strength_factors"].values() else None


SUMMARY: tuple[Callable[[dict[str, Any]], float | None], ...] = (
    lambda m: m["warping_ratio"]["1"].get("direct/input"),
    lambda m: m["warping_ratio"]["1"].get("edited/input"),
    lambda m: m["warping_ratio"]["10"].get("edited/input"),
    lambda m: m["lpips"].get(ON_PERSON),
    lambda m: of_edit(m, "kept"),
    lambda m: of_edit(m, "weakest_tenth"),
    lambda m: (m["liveliness"]["edited"]["mouth"] or {}).get("correlation"),
    lambda m: sum(stage["processor_seconds"] for stage in m["manifest"]["stages"].values()),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=Path, default=Path("../shared/clips"))
    parser.add_argument("--out", type=Path, default=Path("runs"))
    parser.add_argument("--docs", type=Path, default=Path("docs/runs"))
    parser.add_argument("--preset", default="default")
    parser.add_argument("--size", type=int, help="px at which faces are drawn; as large as they are if not given")
    parser.add_argument("--only", nargs="*", help="only these: clips, or names like s29_age")
    parser.add_argument("--table", action="store_true", help="run nothing, only measure what is there")
    args = parser.parse_args()
    critics, rows = Critics.load(), list[tuple[Cell, dict[str, Any]]]()
    for cell in CELLS:
        folder = args.out / cell.name
        if args.only and not {cell.name, cell.clip} & set(args.only):
            continue
        if not args.table:
            run(cell, args.clips, args.out, args.preset, args.size)
        if not (folder / "edited.mp4").exists():
            continue
        metrics = measured(folder, critics)
        pictures(cell, folder, args.docs, metrics["frames"])
        rows.append((cell, metrics))
    table = markdown([((cell.clip.removeprefix("grid_"), cell.edit), metrics) for cell, metrics in rows], LEAD, TABLE)
    text = (
        f"{table}\n{summary(rows)}\nPreset `{args.preset}`, {platform.machine()}, Python {platform.python_version()}.\n"
    )
    (args.docs / "table.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
