"""``steadyface ui``: the page in the browser."""

import argparse
from pathlib import Path

from steadyface.app.limits import Limits


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = commands.add_parser(
        "ui",
        help="a page in the browser (extra: ui)",
        description="Serve a page: drop a video, choose a face and edits, look at a preview, run, watch the result.",
    )
    add_place_arguments(parser, port=7860)
    parser.set_defaults(run=run)


def add_place_arguments(parser: argparse.ArgumentParser, *, port: int) -> None:
    """Add the arguments for where runs are served and kept, and their limits."""
    limits = Limits()
    parser.add_argument("--host", default="127.0.0.1", help="address to listen at; default: %(default)s, this machine")
    parser.add_argument("--port", type=_port, default=port, help="default: %(default)s")
    parser.add_argument(
        "--runs", type=Path, default=Path("steadyface-runs"), metavar="FOLDER", help="where runs are kept"
    )
    parser.add_argument(
        "--max-upload-mb", type=_count, default=limits.upload_mb, metavar="N", help="default: %(default)s"
    )
    parser.add_argument(
        "--max-frames", type=_count, default=limits.frames, metavar="N", help="longest clip; default: %(default)s"
    )


def run(args: argparse.Namespace) -> int:
    """Serve until interrupted."""
    from steadyface.app.serve import Place, serve

    serve(Place(args.runs, args.host, args.port, Limits(args.max_upload_mb, args.max_frames)))
    return 0


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number from 1 on")
    return int(text)


def _port(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"'{text}' is not a port: 1 to 65535")
    return int(text)
