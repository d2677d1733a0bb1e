"""``steadyface demo``: the main job on the clip that ships."""

import argparse
from pathlib import Path

from steadyface.cli import edit

CLIP = Path(__file__).resolve().parents[1] / "weights" / "demo.mp4"
"""A person who does not exist, made by ``training/make_demo_clip.py``."""


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = commands.add_parser("demo", help="put eyeglasses on the person of the clip that ships")
    parser.add_argument("--out", type=Path, default=Path("demo"), help="folder of the result")
    parser.add_argument("--edit", action="append", metavar="NAME[:STRENGTH]", help="instead of eyeglasses")
    parser.add_argument("--preset", default="fast")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run ``steadyface edit`` on the clip."""
    parser = argparse.ArgumentParser()
    edit.add_parser(parser.add_subparsers())
    edits = [part for name in args.edit or ["eyeglasses"] for part in ("--edit", name)]
    return edit.run(parser.parse_args(["edit", str(CLIP), *edits, "--out", str(args.out), "--preset", args.preset]))
