"""What the stages of finished runs took, against what `stages.costs` says, and how right the time left was.

    python benchmarks/stage_costs.py runs/grid_sbia1a_eyeglasses runs/other

For each run: the declared and the measured share of every stage that it made itself, by processor seconds, and the
seconds per step, from which `stages.costs.Prices` are set. Then the run is followed again by the estimate of the time
left: step by step as its log says, or, if the log has no times, each loop at an even pace. The largest error from a
tenth to nine tenths of the run is given: at the end little is left, and errors relative to it say little.
"""

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from steadyface.config.job import Job, preset_of
from steadyface.editing.catalogue import Request
from steadyface.report.curves import FILE
from steadyface.runtime.optimise import Progress
from steadyface.runtime.time_left import Plan, TimeLeft
from steadyface.stages.plan import plan
from steadyface.stages.stage_list import STAGES

FROM, TO = 0.1, 0.9


@dataclass(frozen=True)
class Finished:
    """A finished run."""

    plan: Plan
    processor: dict[str, float]
    """Seconds of each stage."""
    steps: list[tuple[float, str, int]]
    """Times, loops and steps, as logged; empty if the log has none. A run that was stopped and went on says nothing:
    the time between counts."""


def read(folder: Path) -> Finished:
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    first, stop = manifest["frames"]
    edits = tuple(Request(each["name"], each["strength"]) for each in manifest["edits"])
    job = Job(
        Path(manifest["source"]), edits, manifest["preset"]["name"], manifest["model"], (first, stop),
        inversion=manifest["inversion"], encoder=manifest["encoder"],
    )  # fmt: skip
    count = len(list((folder / "aligned" / "edited").glob("*.png")))
    return Finished(plan(STAGES, job, preset_of(job), count), processor_seconds(manifest), logged(folder))


def processor_seconds(manifest: dict[str, Any]) -> dict[str, float]:
    return {name: float(spent["processor_seconds"]) for name, spent in manifest["stages"].items()}


def logged(folder: Path) -> list[tuple[float, str, int]]:
    path = folder / FILE
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    seen = [json.loads(line) for line in lines if line.endswith("}")]
    if not all("at" in each for each in seen):
        return []
    return [(each["at"], each["stage"], each["step"]) for each in seen]


def made(run: Finished) -> Plan:
    """The plan without stages that the manifest doesn't name; those that aren't timed count to the one before."""
    return {name: parts for name, parts in run.plan.items() if name in run.processor}


def shares(run: Finished) -> str:
    """A table: declared and measured."""
    parts = made(run)
    declared = {name: sum(part.cost for part in each) for name, each in parts.items()}
    measured = {name: run.processor[name] for name in parts}
    lines = [
        "| stage | declared % | measured % | steps | s per step | declared |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for name, each in parts.items():
        steps = sum(part.steps for part in each)
        lines.append(
            f"| {name} | {100 * declared[name] / sum(declared.values()):.1f} | "
            f"{100 * measured[name] / sum(measured.values()):.1f} | {steps} | "
            f"{measured[name] / max(1, steps):.3f} | {declared[name] / max(1, steps):.3f} |"
        )
    return "\n".join(lines)


def even(run: Finished) -> Iterator[tuple[float, str, Progress | None]]:
    """Times, stages and steps (None: the stage begins) of a run whose loops go at an even pace."""
    now = 0.0
    for stage, parts in made(run).items():
        yield now, stage, None
        whole = sum(part.cost for part in parts)
        for part in parts:
            for step in range(part.steps):
                now += run.processor[stage] * part.each / whole if whole else 0.0
                yield now, stage, Progress(part.loop, step + 1, part.steps, {})


def as_logged(run: Finished) -> Iterator[tuple[float, str, Progress | None]]:
    """The same from the times of the log. A stage without a loop ends where the next one's first step begins."""
    stages = {part.loop: (stage, part.steps) for stage, parts in run.plan.items() for part in parts}
    last, before = "", run.steps[0][0]
    for at, loop, step in run.steps:
        if loop not in stages:
            continue
        stage, steps = stages[loop]
        if stage != last:
            yield before, stage, None
        yield at, stage, Progress(loop, step, steps, {})
        last, before = stage, at


def largest_error(run: Finished) -> tuple[float, float] | None:
    """The largest relative error of the time left, and the fraction of the time that was over then."""
    known, events = made(run), list(as_logged(run) if run.steps else even(run))
    now = begun = events[0][0]
    left = TimeLeft(lambda: now)
    left.expect(known)
    whole, found = events[-1][0] - begun, []
    for now, stage, seen in events:
        if seen is None:
            left.announce(stage)
        else:
            left.watch(seen)
        said, over = left.seconds_left(), (now - begun) / whole
        if said is not None and FROM <= over <= TO:
            found.append((said / (whole - (now - begun)) - 1, over))
    return max(found, key=lambda each: abs(each[0]), default=None)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+", type=Path, metavar="FOLDER")
    for folder in parser.parse_args().runs:
        run = read(folder)
        worst = largest_error(run)
        said = (
            "none was estimated" if worst is None else f"{100 * worst[0]:+.0f} %, at {100 * worst[1]:.0f} % of the run"
        )
        how = "as logged" if run.steps else "each loop at an even pace"
        print(
            f"\n{folder}\n\n{shares(run)}\n\nlargest error of the time left from {FROM:.0%} to {TO:.0%}, {how}: {said}"
        )


if __name__ == "__main__":
    main()
