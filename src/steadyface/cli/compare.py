"""``steadyface compare``: several methods on one clip, one table."""

import argparse

from steadyface.cli.edit import add_job_arguments, job_of
from steadyface.cli.progress import stage_bars
from steadyface.config.presets import PRESETS

METHODS = "default,direct,smooth"


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = commands.add_parser(
        "compare",
        help="several methods on one clip",
        description="Run several methods on one clip and one inversion; write a table and a picture sheet.",
    )
    parser.add_argument(
        "--methods", default=METHODS, metavar="A,B,...", help=f"among {', '.join(PRESETS)}; default: %(default)s"
    )
    add_job_arguments(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run, with progress bars, and print the table."""
    methods = list(dict.fromkeys(name.strip() for name in args.methods.split(",") if name.strip()))
    job = job_of(args, preset=methods[0] if methods else "")

    from steadyface.compare import compare_methods

    with stage_bars() as bars:
        compare_methods(job, methods or [""], args.out, watch=bars.watch, announce=bars.announce, expect=bars.expect)
    print((args.out / "table.md").read_text(encoding="utf-8"), end="")
    print(f"\nsheet    {args.out / 'sheet.png'}")
    return 0
