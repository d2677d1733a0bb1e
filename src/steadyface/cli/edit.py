"""``steadyface edit``: a video in, an edited video out."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from steadyface.cli.progress import stage_bars
from steadyface.errors import InputError

if TYPE_CHECKING:
    from steadyface.pipeline import Result

MODELS = ("mobile-ffhq-256", "mobile-ffhq-1024")


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = commands.add_parser(
        "edit",
        help="edit a face in a video",
        description="Edit a face in a video. Run again with the same --out, it goes on where it stopped.",
    )
    parser.add_argument("input", type=Path, metavar="INPUT", help="a video file")
    parser.add_argument(
        "--edit", action="append", required=True, metavar="NAME[:STRENGTH]", help="what to change; may be repeated"
    )
    parser.add_argument("--out", type=Path, required=True, help="folder of the result")
    parser.add_argument("--preset", default="default", help="default, fast or paper")
    parser.add_argument("--model", default=MODELS[0], help=" or ".join(MODELS))
    parser.add_argument("--frames", type=frame_range, default=(0, None), metavar="A:B", help="only frames A to B-1")
    parser.add_argument("--face", type=int, metavar="N", help="which face, counted from the largest (1)")
    parser.add_argument("--reuse", type=Path, metavar="RUN", help="take the inversion of an earlier run of this clip")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1, ...")
    parser.set_defaults(run=run)


def frame_range(text: str) -> tuple[int, int | None]:
    """Read ``A:B``, ``A:`` or ``:B``."""
    first, colon, last = text.partition(":")
    try:
        start, stop = int(first or 0), int(last) if last else None
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is not a range of frames; write it like 0:25") from None
    if not colon or start < 0 or (stop is not None and stop <= start):
        raise argparse.ArgumentTypeError(f"'{text}' is not a range of frames; write it like 0:25")
    return start, stop


def run(args: argparse.Namespace) -> int:
    """Edit, with progress bars, and say where the result lies."""
    result = edit_with_bars(args)
    print(f"edited   {result.edited}\ncompare  {result.compare}")
    return 0


def edit_with_bars(args: argparse.Namespace) -> "Result":
    """Check what can be checked without torch, then run the pipeline."""
    from steadyface.editing.catalogue import Request, find
    from steadyface.video.info import probe

    for text in args.edit:
        find(Request.parse(text))
    probe(args.input)
    if args.out.exists() and not args.out.is_dir():
        raise InputError(f"--out {args.out} is a file, not a folder")

    from steadyface.pipeline import edit_video

    with stage_bars() as bars:
        return edit_video(
            args.input,
            args.edit,
            args.out,
            preset=args.preset,
            model=args.model,
            frames=args.frames,
            face=args.face,
            reuse=args.reuse,
            seed=args.seed,
            device=args.device,
            watch=bars.watch,
            announce=bars.announce,
        )
