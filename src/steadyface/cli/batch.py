"""``steadyface batch``: many clips times many edits."""

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from steadyface.cli.edit import add_clip_arguments
from steadyface.config.presets import PRESETS
from steadyface.errors import InputError, ResourceError

if TYPE_CHECKING:
    from steadyface.cluster.executor import Executor

FAILED = 2
EXAMPLES = """examples:
  steadyface batch clips/ --edit eyeglasses --edit age:0.6 --out results --workers 2
  steadyface batch jobs.csv --out results --ray auto --cpus 4 --gpus 1 --memory-gb 8

A table has the columns input and edit (several edits of one result joined by +), and may have out, preset, frames,
face, seed, model and inversion; its paths are relative to its own folder. The edits of a clip share one inversion. Run
again with the same --out, it goes on where it stopped. docs/cluster.md tells more."""


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = commands.add_parser(
        "batch",
        help="many clips, many edits",
        description="Edit many clips, here or on a Ray cluster.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("input", type=Path, metavar="JOBS.csv|FOLDER", help="a table of jobs, or a folder of videos")
    parser.add_argument(
        "--edit", action="append", default=[], metavar="NAME[:STRENGTH]",
        help="for a folder: what to do with each of its videos; each --edit is a job of its own",
    )  # fmt: skip
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="a folder per job is made in it")
    parser.add_argument("--preset", default="default", help=f"{', '.join(PRESETS)}; default: %(default)s")
    parser.add_argument("--retries", type=at_least(0), default=1, metavar="N", help="after a failure; default: 1")
    where = parser.add_argument_group("where it runs")
    where.add_argument("--workers", type=at_least(1), metavar="N", help="jobs at a time; default: 1, with --ray any")
    where.add_argument("--ray", metavar="ADDRESS", help="a Ray cluster: auto, HOST:PORT, or local")
    where.add_argument("--cpus", type=at_least(1), metavar="N", help="threads of a job; default: cores / workers")
    where.add_argument("--gpus", type=float, metavar="N", help="GPUs of a job, or a part of one; with --ray")
    where.add_argument("--memory-gb", type=float, metavar="N", help="memory of a job; with --ray")
    add_clip_arguments(parser.add_argument_group("for all jobs, unless the table says otherwise"))
    parser.set_defaults(run=run)


def at_least(least: int) -> Callable[[str], int]:
    """An argparse type for whole numbers of at least ``least``."""

    def read(text: str) -> int:
        if not text.isdigit() or int(text) < least:
            raise argparse.ArgumentTypeError(f"'{text}' is not a whole number of {least} or more")
        return int(text)

    return read


def run(args: argparse.Namespace) -> int:
    """Run all jobs; the status is 2 when any of them failed, with a line for each."""
    from filelock import FileLock, Timeout

    from steadyface.cluster.ledger import Ledger
    from steadyface.cluster.page import write_page
    from steadyface.cluster.plan import read_plan
    from steadyface.cluster.schedule import run_batch
    from steadyface.cluster.table import status, status_table
    from steadyface.config.job import Job
    from steadyface.runtime.files import cannot_write

    names = (
        "preset",
        "model",
        "frames",
        "face",
        "seed",
        "device",
        "sound",
        "inversion",
        "encoder",
        "size",
        "sound",
        "rate",
    )
    like = Job(Path(), (), **{name: getattr(args, name) for name in names})
    plan, executor = read_plan(args.input, args.edit, like, args.out), executor_of(args)
    try:
        args.out.mkdir(parents=True, exist_ok=True)
        lock = FileLock(args.out / ".batch.lock", timeout=0)
        lock.acquire()
    except Timeout as error:
        raise ResourceError(f"another batch is writing into {args.out}; wait for it or choose another --out") from error
    except OSError as error:
        raise cannot_write(args.out, error) from error
    with lock:
        ledger = Ledger(args.out, plan)
        with status(sys.stderr) as show:
            run_batch(ledger, executor, retries=args.retries, show=show)
        page = write_page(ledger)
    from rich.console import Console

    Console().print(status_table(list(ledger)))
    print(f"\npage     {page}")
    failed = ledger.of("failed")
    for entry in failed:
        print(f"steadyface: {entry.name}: {entry.reason}", file=sys.stderr)
    return FAILED if failed else 0


def executor_of(args: argparse.Namespace) -> "Executor":
    """The executor that runs the jobs. Raises `InputError` for options that exclude each other."""
    if args.ray is None:
        from steadyface.cluster.executor import LocalExecutor

        if args.gpus is not None or args.memory_gb is not None:
            raise InputError("--gpus and --memory-gb are for --ray; on one machine say --device")
        workers = args.workers or 1
        return LocalExecutor(workers, args.cpus or max(1, (os.cpu_count() or 1) // workers))

    from steadyface.cluster.ray_executor import RayExecutor, Resources

    return RayExecutor(args.ray, Resources(args.cpus or 1, args.gpus or 0.0, args.memory_gb), args.workers)
