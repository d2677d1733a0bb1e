"""``steadyface demo``: the main job on the clip that ships."""

import argparse
from pathlib import Path

from steadyface.cli import edit
from steadyface.gan.models import MODELS

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
    args = argparse.Namespace(
        **{**vars(args), "edit": args.edit or ["eyeglasses"]},
        input=CLIP,
        model=next(iter(MODELS)),
        frames=(0, None),
        face=None,
        reuse=None,
        seed=0,
        device="auto",
        inversion="joint",
        c2pa_cert=None,
        c2pa_key=None,
    )
    return edit.run(args)
