"""``steadyface``: the entry point."""

import argparse
import errno
import io
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from steadyface import __version__
from steadyface.cli import batch, compare, demo, doctor, edit, edits, evaluate, models, people, serve, sign, ui
from steadyface.errors import SteadyfaceError

FAILED = 2
"""Exit status for every error that is caused by the input, the machine or the user."""
STOPPED = 130
"""Exit status after Ctrl-C, as in shells."""


class Parser(argparse.ArgumentParser):
    """A parser that reports errors in one line, without the usage."""

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
    for command in (edit, people, edits, evaluate, compare, batch, sign, models, doctor, demo, ui, serve):
        command.add_parser(commands)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; a user's mistake is one line on stderr and exit status 2."""
    _print_any_name()
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
    except OSError as error:
        if not _reader_left(error):
            raise
        # The reader has closed the pipe (`steadyface edits | head`). Python's own flush at exit must not fail either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except KeyboardInterrupt:
        print("steadyface: stopped; the same command goes on from here", file=sys.stderr)
        return STOPPED


def _print_any_name() -> None:
    """Don't fail on file names that stdout's encoding can't represent, such as Japanese ones on a western Windows."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def _reader_left(error: OSError) -> bool:
    """Whether the reader of stdout has closed the pipe. Windows has no signal and no specific error for it."""
    unnamed = error.errno == errno.EINVAL and error.filename is None
    return isinstance(error, BrokenPipeError) or (sys.platform == "win32" and unnamed)


def _fail(message: str) -> int:
    print(f"steadyface: {' '.join(message.splitlines())}", file=sys.stderr)
    return FAILED


def _out_of_memory(error: Exception) -> bool:
    # torch has an exception class only for the GPU's memory
    says = str(error).lower()
    return isinstance(error, MemoryError) or "out of memory" in says or "can't allocate memory" in says
