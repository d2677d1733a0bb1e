"""``steadyface doctor``: whether this machine is fit, and what to do if not."""

import argparse
from pathlib import Path

MARKS = {"good": "[green]good[/]", "mind": "[yellow]mind[/]", "bad": "[red]bad[/]"}


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = commands.add_parser("doctor", help="check the machine, versions, weights, disk and codecs")
    parser.add_argument("--out", type=Path, default=Path(), metavar="FOLDER", help="where runs will be written")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print a line for each finding; the status is 2 when anything is bad."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from steadyface.doctor import examine

    table = Table("", "found", "", "what to do", box=None, pad_edge=False)
    findings = list(examine(args.out))
    for finding in findings:
        table.add_row(finding.what, escape(finding.found), MARKS[finding.state], escape(finding.advice))
    Console().print(table)
    return 2 if any(finding.state == "bad" for finding in findings) else 0
