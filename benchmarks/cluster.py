"""Six jobs on a Ray cluster of one node, of two, and of two of which one is killed; all on this machine.

    python benchmarks/cluster.py --clips ../shared/clips --out runs/cluster
    python benchmarks/cluster.py --clips ../shared/clips --out runs/cluster --preset fast --frames 0:3

Prints the jobs per hour of one node and of two, and whether all results are there and the same bytes after the loss of
a node. Three clips with two edits each, three frames; each node has one core. Without ``--preset`` every stage takes a
step or two, for a trial of the cluster and not of the pictures. Needs the `ray` extra; ``--out`` has to be new.
"""

import argparse
import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from steadyface.cli.edit import frame_range
from steadyface.cluster.ledger import Ledger
from steadyface.cluster.plan import BatchJob
from steadyface.cluster.ray_executor import RayExecutor, Resources
from steadyface.cluster.schedule import run_batch
from steadyface.cluster.worker import PATIENCE_SECONDS, Announce, Task, Work, edit
from steadyface.config.job import Job
from steadyface.config.phases import DEFAULT
from steadyface.config.presets import PRESETS
from steadyface.editing.catalogue import Request
from steadyface.inversion.settings import PivotalTuning, Refinement
from steadyface.stages.stage_list import INVERSION
from steadyface.stitching.settings import Stitching

CLIPS = ("grid_brbk7n", "grid_sbia1a", "grid_swiz3n")
EDITS = ("eyeglasses", "smile")
TINY = replace(
    PRESETS["fast"],
    name="tiny",
    stabilisation=replace(DEFAULT, phase1=replace(DEFAULT.phase1, epochs=1), phase2=replace(DEFAULT.phase2, epochs=1)),
    refinement=Refinement(common_steps=4, steps_per_frame=1),
    tuning=PivotalTuning(epochs=1, least_steps=3),
    adaptation=PivotalTuning(epochs=1, least_steps=3),
    stitching=Stitching(epochs=1),
)
STORE_BYTES = 80_000_000
"""Of a node's shared memory; jobs pass nothing through it."""


def tiny(task: Task, announce: Announce) -> None:
    """Run the whole pipeline in as few steps as it can do."""
    import torch

    from steadyface.pipeline import run_job
    from steadyface.runs.run import Run

    torch.set_num_threads(task.threads)
    run = Run.open(task.out, announce=announce, reuse=[task.reuse] if task.reuse else [])
    run.save_every_seconds = 0.0
    with run.locked(PATIENCE_SECONDS):
        run_job(task.job, run, preset=TINY)


def plan(clips: Path, out: Path, like: Job) -> list[BatchJob]:
    jobs = []
    for clip in CLIPS:
        for name in EDITS:
            job = replace(like, source=(clips / f"{clip}.mpg").absolute(), edits=(Request(name),))
            jobs.append(BatchJob(f"{clip}_{name}", job, out.absolute() / f"{clip}_{name}"))
    return jobs


@dataclass
class Killer:
    """Kills a node when every node works on something and one job is past its inversion."""

    kill: Callable[[], None]
    at: dict[str, str] = field(default_factory=dict)
    """The stages of the jobs that ran then."""

    def __call__(self, ledger: Ledger) -> None:
        """Look whether it is time."""
        stages = {entry.name: entry.stage for entry in ledger.of("running")}
        begun = [stage for stage in stages.values() if stage]
        if not self.at and len(begun) > 1 and any(stage not in INVERSION for stage in begun):
            self.at = stages
            self.kill()


def measure(jobs: list[BatchJob], out: Path, nodes: int, work: Work, *, lose_one: bool) -> dict[str, Any]:
    """Start a cluster, run the jobs, stop it."""
    from ray.cluster_utils import Cluster

    # the head has no cores, so that no job is on the node that the batch itself needs
    head = {"num_cpus": 0, "object_store_memory": STORE_BYTES, "include_dashboard": False}
    cluster = Cluster(initialize_head=True, head_node_args=head)
    try:
        members = [cluster.add_node(num_cpus=1, object_store_memory=STORE_BYTES) for _ in range(nodes)]
        killer = Killer(lambda: cluster.remove_node(members[-1], allow_graceful=False))
        ledger = Ledger(out, jobs)
        executor = RayExecutor(cluster.address, Resources(cpus=1), work=work)
        begun = time.monotonic()
        run_batch(ledger, executor, retries=2, show=killer if lose_one else lambda _: None)
        seconds = time.monotonic() - begun
    finally:
        cluster.shutdown()
    return {
        "seconds": round(seconds, 1),
        "jobs_per_hour": round(3600 * len(jobs) / seconds, 1),
        "attempts": {entry.name: entry.attempts for entry in ledger},
        "failed": {entry.name: entry.reason for entry in ledger if entry.state != "done"},
        "killed_at": killer.at,
        "outputs": {entry.name: outputs(entry.planned.out) for entry in ledger if entry.state == "done"},
    }


def outputs(folder: Path) -> dict[str, str]:
    """Name -> sha256 of a run's videos."""
    return dict(json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["outputs"])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=Path, default=Path("../shared/clips"))
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--preset", help=f"{', '.join(PRESETS)}; by default a step or two of every stage")
    parser.add_argument("--frames", type=frame_range, default=(0, 3), metavar="A:B")
    args = parser.parse_args()
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    like = Job(Path(), (), preset=args.preset or "fast", frames=args.frames)
    work = edit if args.preset else tiny
    found: dict[str, dict[str, Any]] = {}
    for name, nodes, lose_one in (("one node", 1, False), ("two nodes", 2, False), ("one of two killed", 2, True)):
        out = args.out / name.replace(" ", "_")
        found[name] = measure(plan(args.clips, out, like), out, nodes, work, lose_one=lose_one)
        print(name, json.dumps({k: v for k, v in found[name].items() if k != "outputs"}), flush=True)
    args.out.joinpath("cluster.json").write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    whole = [len(each["outputs"]) == len(CLIPS) * len(EDITS) for each in found.values()]
    same = all(each["outputs"] == found["one node"]["outputs"] for each in found.values())
    again = any(count > 1 for count in found["one of two killed"]["attempts"].values())
    print("| cluster | seconds | jobs per hour | attempts |\n| --- | --- | --- | --- |")
    for name, each in found.items():
        print(f"| {name} | {each['seconds']} | {each['jobs_per_hour']} | {sum(each['attempts'].values())} |")
    print(f"all results are there: {all(whole)}; the same bytes: {same}; a job was on the killed node: {again}")
    return 0 if all(whole) and same and again else 1


if __name__ == "__main__":
    raise SystemExit(main())
