"""``steadyface edits``: the named edits."""

import argparse

from steadyface.editing import catalogue


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = commands.add_parser("edits", help="list the named edits")
    parser.set_defaults(run=run)


def run(_: argparse.Namespace) -> int:
    """Print a line for each edit."""
    for name, path in sorted(catalogue.named_edits().items()):
        print(f"{name:<12} {catalogue.read_card(path).description}")
    print("\nNAME:STRENGTH sets how much (1 by default); your own edits go into", catalogue.folders()[-1])
    return 0
