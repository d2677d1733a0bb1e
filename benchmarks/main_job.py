"""The README's table: the main job on real clips, its metrics, time, memory and pictures.

    python benchmarks/main_job.py --clips ../shared/clips --out runs          # runs what isn't there yet
    python benchmarks/main_job.py --clips ../shared/clips --out runs --table  # only the table of what is there

One clip with three edits (one inversion serves them), four clips with eyeglasses, all their frames. Run again, it goes
on where it stopped.
"""

import argparse
import platform
from dataclasses import dataclass
from pathlib import Path

from steadyface import edit_video
from steadyface.compare import measured
from steadyface.metrics.evaluate import Critics
from steadyface.report.contact_sheet import run_sheet
from steadyface.report.jpeg import save_jpeg
from steadyface.report.slices import slices_figure
from steadyface.report.table import markdown


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


WHOLE = "grid_sbia1a"
PARTS = ("grid_brbk7n", "grid_lbax4n", "grid_lwbsza", "grid_swiz3n")
CELLS = [Cell(WHOLE, edit, (0, None)) for edit in ("eyeglasses", "age", "smile")]
CELLS += [Cell(clip, "eyeglasses", (0, None)) for clip in PARTS]


def run(cell: Cell, clips: Path, out: Path, preset: str) -> Path:
    folder = out / cell.name
    same_clip = (out / other.name for other in CELLS if (other.clip, other.frames) == (cell.clip, cell.frames))
    inverted = (other for other in same_clip if other != folder and (other / "manifest.json").is_file())
    edit_video(
        clips / f"{cell.clip}.mpg",
        [cell.edit],
        folder,
        preset=preset,
        frames=cell.frames,
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
    "E(input) x 1000",
    "E(direct) / E(input)",
    "E(edited) / E(input)",
    "LPIPS direct to edited",
    "inversion LPIPS / dB",
    "strength kept",
    "mouth corr / ampl",
    "eyes corr / ampl (own)",
    "minutes",
    "GB",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=Path, default=Path("../shared/clips"))
    parser.add_argument("--out", type=Path, default=Path("runs"))
    parser.add_argument("--docs", type=Path, default=Path("docs/runs"))
    parser.add_argument("--preset", default="default")
    parser.add_argument("--only", nargs="*", help="only these, names like grid_sbia1a_eyeglasses")
    parser.add_argument("--table", action="store_true", help="run nothing, only measure what is there")
    args = parser.parse_args()
    critics, rows = Critics.load(), []
    for cell in CELLS:
        folder = args.out / cell.name
        if args.only and cell.name not in args.only:
            continue
        if not args.table:
            run(cell, args.clips, args.out, args.preset)
        if not (folder / "edited.mp4").exists():
            continue
        metrics = measured(folder, critics)
        pictures(cell, folder, args.docs, metrics["frames"])
        rows.append(((cell.clip.removeprefix("grid_"), cell.edit), metrics))
    table = markdown(rows, LEAD, TABLE)
    text = f"{table}\nPreset `{args.preset}`, {platform.machine()}, Python {platform.python_version()}.\n"
    (args.docs / "table.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
