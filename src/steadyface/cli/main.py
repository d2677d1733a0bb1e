"""``steadyface``: the entry point."""

import argparse
import sys
from collections.abc import Sequence

from steadyface import __version__
from steadyface.cli import demo, edit, edits, evaluate, models
from steadyface.errors import SteadyfaceError

FAILED = 2
"""Exit status for everything that is the input's, the machine's or the user's doing."""


def build_parser() -> argparse.ArgumentParser:
    """The whole command line; imports nothing heavy."""
    parser = argparse.ArgumentParser(
        prog="steadyface",
        description="Edit a face in a video so that the edit stays the same in every frame.",
    )
    parser.add_argument("--version", action="version", version=f"steadyface {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for command in (edit, edits, evaluate, models, demo):
        command.add_parser(commands)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; a user's mistake is one line on stderr and exit status 2."""
    args = build_parser().parse_args(arguments)
    try:
        return int(args.run(args))
    except SteadyfaceError as error:
        print(f"steadyface: {error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("steadyface: stopped; the same command goes on from here", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
