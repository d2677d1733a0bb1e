"""Whether memory grows with the clip: the peak of `steadyface edit` on a short and on a long one.

    python benchmarks/memory.py ../shared/clips/grid_sbia1a.mpg --edit age --preset fast

Both clips are the same one, played forwards and backwards in turn, so that nothing but their length differs. Each run
is a process of its own, from the beginning. An edit that extends past the crop, such as age, takes the most.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, cycle, islice
from pathlib import Path

from steadyface.video.info import probe
from steadyface.video.reader import Frame, read_frames
from steadyface.video.writer import write_video

CHILD = """
import sys
from steadyface.cli.main import main
from steadyface.runtime.peak_memory import peak_memory_mb

status = main(sys.argv[1:])
print(peak_memory_mb())
sys.exit(status)
"""
CRF = 4
"""Of the looped clips: hardly any loss."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clip", type=Path)
    parser.add_argument("--frames", type=int, nargs=2, default=(75, 1500), metavar=("SHORT", "LONG"))
    parser.add_argument("--preset", default="fast")
    parser.add_argument("--edit", action="append", metavar="NAME[:STRENGTH]", help="default: age")
    parser.add_argument("--work", type=Path, metavar="FOLDER", help="for clips and runs; a temporary one by default")
    args = parser.parse_args()
    edits = [word for edit in args.edit or ["age"] for word in ("--edit", edit)]
    with tempfile.TemporaryDirectory(prefix="steadyface-memory-", dir=args.work) as folder:
        clips = [looped(args.clip, count, Path(folder) / f"{count}.mp4") for count in args.frames]
        peaks = [peak(clip, edits, args.preset) for clip in clips]
    print(table(args.frames, peaks), end="")


def looped(source: Path, count: int, path: Path) -> Path:
    """Write a clip of ``count`` frames, the source's forwards and backwards in turn; it has no sound."""
    info = probe(source)
    ticks = info.nominal_ticks

    def frames() -> Iterator[Frame]:
        own = list(islice(read_frames(source), count))
        for index, frame in enumerate(islice(cycle(chain(own, own[-2:0:-1])), count)):
            yield replace(frame, index=index, pts=index * ticks, duration=ticks)

    write_video(path, frames(), info, options={"crf": str(CRF)})
    return path


def peak(clip: Path, edits: list[str], preset: str) -> dict[str, int]:
    """Peak memory of a run in MB, "whole" and up to the end of each stage."""
    out = clip.with_suffix("")
    command = ["edit", str(clip), *edits, "--preset", preset, "--out", str(out)]
    done = subprocess.run([sys.executable, "-c", CHILD, *command], stdout=subprocess.PIPE, text=True, check=True)
    stages = json.loads((out / "manifest.json").read_text(encoding="utf-8"))["stages"]
    whole = int(done.stdout.splitlines()[-1])
    return {name: int(spent["peak_memory_mb"]) for name, spent in stages.items()} | {"whole": whole}


def table(frames: tuple[int, int], peaks: list[dict[str, int]]) -> str:
    """The peaks up to the end of each stage, MB, and their ratios."""
    short, long = peaks
    lines = [f"| MB up to the end of | {frames[0]} frames | {frames[1]} frames | ratio |", "| --- | --- | --- | --- |"]
    lines += [f"| {name} | {short[name]} | {long[name]} | {long[name] / short[name]:.2f} |" for name in short]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
