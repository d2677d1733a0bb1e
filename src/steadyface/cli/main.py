"""``steadyface``: the entry point."""

import argparse
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from steadyface import __version__
from steadyface.cli import batch, compare, demo, doctor, edit, edits, evaluate, models, sign, ui
from steadyface.errors import SteadyfaceError

FAILED = 2
"""Exit status for everything that is the input's, the machine's or the user's doing."""
STOPPED = 130
"""Exit status after Ctrl-C, as shells have it."""


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, without the usage."""

    def error(self, message: str) -> NoReturn:
        """Exit with status 2."""
        self.exit(FAILED, f"{self.prog}: {message}; see {self.prog} --help\n")


def build_parser() -> argparse.ArgumentParser:
    """The whole command line; imports nothing heavy."""
    parser = Parser(
        prog="steadyface",
        description="Edit a face in a video so that the edit stays the same in every frame.",
    )
    parser.add_argument("--version", action="version", version=f"steadyface {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for command in (edit, edits, evaluate, compare, batch, sign, models, doctor, demo, ui):
        command.add_parser(commands)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; a user's mistake is one line on stderr and exit status 2."""
    args = build_parser().parse_args(arguments)
    try:
        status = int(args.run(args))
        sys.stdout.flush()
        return status
    except SteadyfaceError as error:
        return _fail(str(error))
    except (MemoryError, RuntimeError) as error:
        if not _out_of_memory(error):
            raise
        return _fail("not enough memory; close other programs or take a smaller model")
    except BrokenPipeError:
        # The reader has enough (`steadyface edits | head`); Python's own flush at the end must not complain either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except KeyboardInterrupt:
        print("steadyface: stopped; the same command goes on from here", file=sys.stderr)
        return STOPPED


def _fail(message: str) -> int:
    print(f"steadyface: {' '.join(message.splitlines())}", file=sys.stderr)
    return FAILED


def _out_of_memory(error: Exception) -> bool:
    # torch has a class for the GPU's memory only
    says = str(error).lower()
    return isinstance(error, MemoryError) or "out of memory" in says or "can't allocate memory" in says
