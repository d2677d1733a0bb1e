"""An old commit against the working tree on one machine: processor seconds, their ratios, peak memory.

    python benchmarks/speed.py --clip ../shared/clips/grid_sbia1a.mpg --frames 0:75 --second beard --out runs/speed
    python benchmarks/speed.py --clip ../shared/clips/s20.mp4 --old-frames 0:75 --further --out runs/speed
    python benchmarks/speed.py --clip tests/data/grid_sbia1a.mpg --frames 0:6 --old-frames 0:4 --preset fast --old HEAD

Every measurement is a child process, `python -m steadyface edit`; its processor seconds (all threads and children) and
peak memory are those that the system reports when it ends. The old commit is checked out beside, used with the same
interpreter and packages, and removed. With --old-frames, the old run is on fewer frames and its seconds are multiplied
by the ratio of the numbers of frames; the table says so. With --further, a further frame is the difference between two
new runs, on all frames and on half of them, over the difference of their lengths. Finished measurements are kept in
--out/speed.json: the same call goes on where it stopped. Both versions draw at 256 px; `sizes.py` has the larger sizes.
Not for Windows, which has no `wait4`.
"""

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from steadyface.config.job import FrameRange, parse_frames
from steadyface.video.info import frames_between, probe

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Spent:
    """What one run took."""

    processor_seconds: float
    wall_seconds: float
    peak_memory_mb: float


@dataclass(frozen=True)
class Job:
    """What is asked of both versions."""

    clip: Path
    preset: str
    threads: int


class Bench:
    """Runs what hasn't been measured yet, and keeps what has."""

    def __init__(self, out: Path, job: Job) -> None:
        self._out, self._job = out, job
        self._file = out / "speed.json"
        out.mkdir(parents=True, exist_ok=True)
        self._kept = json.loads(self._file.read_text(encoding="utf-8")) if self._file.exists() else {}

    def folder(self, version: str, edit: str, frames: FrameRange, second: bool = False) -> Path:
        """Of a run: its name tells what was measured."""
        name = (self._job.clip.stem, self._job.preset, edit, *frames, f"{self._job.threads}t", "second" * second)
        return self._out / version / "_".join(str(part).replace(":", "-") for part in name if part != "")

    def run(self, version: str, source: Path, edit: str, frames: FrameRange, reuse: Path | None = None) -> Spent:
        """Measure a run of the package in ``source``, or read what it took."""
        folder = self.folder(version, edit, frames, reuse is not None)
        key = folder.relative_to(self._out).as_posix()
        if key not in self._kept:
            shutil.rmtree(folder, ignore_errors=True)  # a run that was killed would otherwise only go on
            first, stop = frames
            command = [sys.executable, "-m", "steadyface", "edit", str(self._job.clip), "--edit", edit]
            command += ["--preset", self._job.preset, "--frames", f"{first}:{'' if stop is None else stop}"]
            command += ["--size", "256"] if source == ROOT / "src" else []  # what the old commit draws
            command += ["--out", str(folder), "--device", "cpu", *(["--reuse", str(reuse)] if reuse else [])]
            print(f"measuring {key}", file=sys.stderr, flush=True)
            self._kept[key] = asdict(measured(command, source, self._job.threads, folder.with_suffix(".log")))
            self._file.write_text(json.dumps(self._kept, indent=2) + "\n", encoding="utf-8")
        return Spent(**self._kept[key])


def measured(command: Sequence[str], source: Path, threads: int, log: Path) -> Spent:
    """Run a child to its end. What it says is in ``log``. Exits with an error if it fails."""
    log.parent.mkdir(parents=True, exist_ok=True)
    wanted = {"PYTHONPATH": str(source), "OMP_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads)}
    begun = time.monotonic()
    with log.open("w", encoding="utf-8") as said:
        child = subprocess.Popen(command, env=os.environ | wanted, stdout=said, stderr=said)
        _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        sys.exit(f"failed with {child.returncode}: {' '.join(command)}\n{log.read_text(encoding='utf-8')[-2000:]}")
    memory = usage.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
    return Spent(usage.ru_utime + usage.ru_stime, time.monotonic() - begun, memory)


@contextmanager
def checked_out(commit: str) -> Iterator[Path]:
    """The package of an old commit, in a temporary folder."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "old"
        subprocess.run(["git", "worktree", "add", "--detach", "--quiet", place, commit], cwd=ROOT, check=True)
        try:
            yield place / "src"
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", place], cwd=ROOT, check=True)


def version_of(commit: str) -> str:
    found = subprocess.run(
        ["git", "rev-parse", "--short", commit], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return found.stdout.strip()


def tree_version() -> str:
    """A digest of the working tree's package: committed or not, what was measured of it is known again."""
    found = hashlib.sha256()
    for path in sorted((ROOT / "src").rglob("*.py")):
        found.update(path.read_bytes())
    return f"tree-{found.hexdigest()[:8]}"


def count(clip: Path, frames: FrameRange) -> int:
    return frames_between(probe(clip), *frames)


def half(frames: FrameRange, total: int) -> FrameRange:
    return frames[0], frames[0] + max(1, total // 2)


def table(bench: Bench, args: argparse.Namespace) -> str:
    """Measure what is missing, and write the table."""
    total = count(args.clip, args.frames)
    old_total = count(args.clip, args.old_frames or args.frames)
    new, old = tree_version(), version_of(args.old)
    src = ROOT / "src"
    whole = bench.run(new, src, args.edit, args.frames)
    further, second = None, None
    if args.further:
        shorter = half(args.frames, total)
        part, part_total = bench.run(new, src, args.edit, shorter), count(args.clip, shorter)
        further = (whole.processor_seconds - part.processor_seconds) / max(1, total - part_total)
    if args.second:
        second = bench.run(new, src, args.second, args.frames, reuse=bench.folder(new, args.edit, args.frames))
    with checked_out(args.old) as source:
        before = bench.run(old, source, args.edit, args.old_frames or args.frames)
    old_seconds = before.processor_seconds * total / old_total
    extrapolated = f" (from {old_total} frames)" if old_total != total else ""
    cells = [
        args.preset, str(total), f"{old_seconds:.0f}{extrapolated}", f"{whole.processor_seconds:.0f}",
        f"{old_seconds / whole.processor_seconds:.2f}", "-" if further is None else f"{further:.2f}",
        "-" if second is None else f"{second.processor_seconds / whole.processor_seconds:.2f}",
        f"{before.peak_memory_mb:.0f}", f"{whole.peak_memory_mb:.0f}",
    ]  # fmt: skip
    heads = ("preset", "frames", "old s", "new s", "old / new", "s per further frame", "second edit / first",
             "old peak MB", "new peak MB")  # fmt: skip
    rows = (heads, ["---"] * len(heads), cells)
    lines = [f"| {' | '.join(row)} |" for row in rows]
    said = f"Old {old}, new {version_of('HEAD')} ({new}); {args.edit}, {args.threads} thread(s). "
    said += "Processor seconds, with start and weights."
    if extrapolated:
        said += f" The old run had {old_total} frames, its seconds are extrapolated by frames."
    said += f" A further frame: new runs of {total} and {part_total} frames." if args.further else ""
    return "\n".join([*lines, "", said]) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--old", default="a21cb3e", metavar="COMMIT")
    parser.add_argument("--clip", type=Path, default=ROOT / "tests" / "data" / "grid_sbia1a.mpg")
    parser.add_argument("--frames", type=parse_frames, default=(0, None), metavar="A:B")
    parser.add_argument("--old-frames", type=parse_frames, metavar="A:B", help="fewer frames for the old commit")
    parser.add_argument("--edit", default="eyeglasses")
    parser.add_argument("--second", metavar="EDIT", help="a second edit, with --reuse of the first")
    parser.add_argument("--further", action="store_true", help="measure what a further frame takes, by one more run")
    parser.add_argument("--preset", default="default")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("runs/speed"))
    args = parser.parse_args()
    bench = Bench(args.out, Job(args.clip, args.preset, args.threads))
    text = table(bench, args)
    (args.out / f"speed_{args.clip.stem}_{args.preset}.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
