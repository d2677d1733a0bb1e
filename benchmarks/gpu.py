"""What a GPU is worth: wall seconds and peak memory of two presets and two lengths, and whether it gives the same.

    python benchmarks/gpu.py --clip tests/data/grid_sbia1a.mpg --out runs/gpu

Clips of 75 and 300 frames are the given one, forth and back. A few frames are edited on the processor, too, and
compared with the GPU's by PSNR. All of it ends within --minutes: a run that takes longer is stopped, and the table says
so. The first run includes what a GPU does once. Without a GPU it says so and exits with 2.
"""

import argparse
import json
import platform
import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from steadyface.clip.folder import FrameFolder
from steadyface.config.job import Job
from steadyface.editing.catalogue import Request
from steadyface.pipeline import run_checked
from steadyface.runtime.optimise import Progress
from steadyface.video.info import probe
from steadyface.video.reader import Frame, read_frames
from steadyface.video.writer import write_video

HEADS = ("preset", "frames", "device", "seconds", "per frame", "peak GB", "longest stages")
FEW = 3
"""Frames that are compared with the processor's."""


class TimeUpError(Exception):
    """The benchmark has to end."""


def forth_and_back(clip: Path, count: int, out: Path) -> Path:
    """A video of ``count`` frames that goes through a clip forth and back."""
    info, pictures = probe(clip), [frame.image for frame in read_frames(clip)]
    order = [*range(len(pictures)), *range(len(pictures) - 2, 0, -1)]
    ticks = info.nominal_ticks

    def frames() -> Iterator[Frame]:
        for number in range(count):
            picture = pictures[order[number % len(order)]]
            yield Frame(number, number * ticks, info.time_base, picture, ticks)

    path = out / f"{clip.stem}_{count}.mp4"
    if not path.exists():
        write_video(path, frames(), info)
    return path


class Runs:
    """Runs jobs until the time is up."""

    def __init__(self, out: Path, minutes: float) -> None:
        self._out = out
        self._end = time.monotonic() + 60 * minutes

    def seconds(self, job: Job, name: str) -> float | None:
        """Wall seconds of a job from its start; None if there was no time to finish it."""
        folder = self._out / name
        shutil.rmtree(folder, ignore_errors=True)
        begun = time.monotonic()
        try:
            run_checked(job, folder, watch=self._watch, announce=self._announce)
        except TimeUpError:
            return None
        return time.monotonic() - begun

    def _watch(self, seen: Progress) -> None:
        self._announce(seen.stage)

    def _announce(self, stage: str) -> None:
        if time.monotonic() > self._end:
            raise TimeUpError(stage)


def row(runs: Runs, out: Path, job: Job, count: int, named: str) -> str:
    """A line of the table."""
    cuda = job.device.startswith("cuda")
    if cuda:
        torch.cuda.reset_peak_memory_stats()
    name = f"{job.preset}_{count}{named}"
    seconds = runs.seconds(job, name)
    peak = f"{torch.cuda.max_memory_reserved() / 2**30:.2f}" if cuda else "-"
    if seconds is None:
        return f"| {job.preset} | {count} | {job.device} | not finished in time | | {peak} | |"
    stages = json.loads((out / name / "manifest.json").read_text(encoding="utf-8"))["stages"]
    longest = sorted(stages, key=lambda stage: -float(stages[stage]["seconds"]))[:4]
    said = ", ".join(f"{stage} {stages[stage]['seconds']:.0f}" for stage in longest)
    return f"| {job.preset} | {count} | {job.device} | {seconds:.1f} | {seconds / count:.2f} | {peak} | {said} |"


def psnr(first: Path, second: Path, part: str) -> float:
    """In dB, the lowest of the frames of two runs; infinite if they are the same."""
    one, other = (FrameFolder(folder / "aligned" / part) for folder in (first, second))
    errors = [np.square(one.image(k).astype(float) - other.image(k)).mean() for k in range(one.count())]
    return float(10 * np.log10(255**2 / max(errors))) if max(errors) > 0 else float("inf")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clip", type=Path, required=True)
    parser.add_argument("--edit", type=Request.parse, default=Request("eyeglasses"))
    parser.add_argument("--presets", nargs="+", default=["fast", "default"])
    parser.add_argument("--frames", nargs="+", type=int, default=[75, 300])
    parser.add_argument("--device", default="cuda", help="cpu only to try the script itself")
    parser.add_argument("--minutes", type=float, default=7.5)
    parser.add_argument("--out", type=Path, default=Path("runs/gpu"))
    args = parser.parse_args()
    if args.device.startswith("cuda") and not torch.cuda.is_available():
        print("gpu.py: there is no GPU that torch can use; nothing was measured", file=sys.stderr)
        return 2
    args.out.mkdir(parents=True, exist_ok=True)
    runs = Runs(args.out, args.minutes)
    where = torch.cuda.get_device_name() if args.device.startswith("cuda") else platform.machine()
    print(f"{where}, torch {torch.__version__}\n\n| {' | '.join(HEADS)} |\n|{' --- |' * len(HEADS)}", flush=True)
    few = Job(args.clip, (args.edit,), "fast", frames=(0, FEW), device=args.device)
    print(row(runs, args.out, few, FEW, "_few"), flush=True)
    jobs = [(preset, count) for count in args.frames for preset in args.presets]
    compared = replace(few, device="cpu")
    for place, (preset, count) in enumerate(jobs):
        job = Job(forth_and_back(args.clip, count, args.out), (args.edit,), preset, device=args.device)
        print(row(runs, args.out, job, count, ""), flush=True)
        if place == 0:  # early, so that there is time for it
            print(row(runs, args.out, compared, FEW, "_processor"), flush=True)
    one, other = (args.out / f"fast_{FEW}{named}" for named in ("_few", "_processor"))
    if (other / "manifest.json").exists() and (one / "manifest.json").exists():
        found = ", ".join(f"{part} {psnr(one, other, part):.1f} dB" for part in ("inverted", "direct", "edited"))
        print(f"\nThe worst of {FEW} frames against the processor's: {found}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
