"""``steadyface edit``: a video in, an edited video out."""

import argparse
from dataclasses import fields, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from steadyface.cli.progress import stage_bars
from steadyface.config.presets import INVERSIONS, PRESETS
from steadyface.errors import InputError
from steadyface.gan.models import MODELS

if TYPE_CHECKING:
    from steadyface.config.job import Job
    from steadyface.pipeline import Result
    from steadyface.provenance.signing import Credentials

EXAMPLES = """examples:
  steadyface edit talk.mp4 --edit eyeglasses --look
  steadyface edit talk.mp4 --edit eyeglasses --out talk-eyeglasses
  steadyface edit talk.mp4 --edit age:-0.8 --edit smile:0.5 --out younger --preset fast
  steadyface edit talk.mp4 --edit beard --out talk-beard --reuse talk-eyeglasses

The folder holds edited.mp4, direct.mp4 (the same edit made frame by frame), compare.mp4 (input, direct, edited side by
side), the aligned pictures, and manifest.json. Run again with the same --out, it goes on where it stopped.

--look writes look.png (input, edited side by side), one frame in the middle, in seconds: what the edit is like, not how
good it will be. It is in --out, or in a folder with the video's name and "-look", and no run is started."""


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = commands.add_parser(
        "edit",
        help="edit a face in a video",
        description="Edit a face in a video.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--preset", default="default", help=f"{', '.join(PRESETS)}; default: %(default)s")
    parser.add_argument(
        "--reuse", type=Path, metavar="FOLDER", help="take the inversion from an earlier run of this clip"
    )
    add_job_arguments(parser, needs_out=False)
    parser.add_argument(
        "--codec", default="auto", help="auto, h264, hevc, vp9; prores, ffv1, png, exr are beside edited.mp4"
    )
    parser.add_argument(
        "--preview", type=float, default=0.0, metavar="S", help="write S seconds of the result first, as preview.mp4"
    )
    parser.add_argument(
        "--layer", action="store_true", help="write the edit as a layer, too: layer.mov and matte.mov, or layer_exr"
    )
    parser.add_argument("--look", action="store_true", help="only edit one frame, in seconds, and write look.png")
    parser.add_argument("--c2pa-cert", type=Path, metavar="PEM", help="sign the result with your certificate (C2PA)")
    parser.add_argument("--c2pa-key", type=Path, metavar="PEM", help="the certificate's private key")
    parser.set_defaults(run=run)


def add_job_arguments(parser: argparse.ArgumentParser, *, needs_out: bool = True) -> None:
    """Add the arguments of a job, except for the preset: the video, the edits, the output folder."""
    parser.add_argument("input", type=Path, metavar="INPUT", help="a video file, or a folder of pictures")
    parser.add_argument(
        "--edit",
        action="append",
        required=True,
        metavar="NAME[:STRENGTH]",
        help="what to change, as `steadyface edits` lists it, and how much (1); may be repeated",
    )
    parser.add_argument("--out", type=Path, required=needs_out, metavar="FOLDER", help="folder of the result")
    parser.add_argument(
        "--landmarks",
        type=Path,
        metavar="FILE.npy",
        help="align by another program's landmarks (T, 68, 2) or crops (T, 4, 2)",
    )
    add_clip_arguments(parser)


def add_clip_arguments(parser: "argparse._ActionsContainer") -> None:
    """Add the arguments for the part of a video and for the model."""
    parser.add_argument(
        "--inversion", default="joint", choices=INVERSIONS, help="the clip together, or each frame's code by itself"
    )
    parser.add_argument(
        "--model", default=next(iter(MODELS)), help=f"{', '.join(MODELS)}, or an imported one; default: %(default)s"
    )
    parser.add_argument(
        "--size",
        type=size,
        default=None,
        metavar="auto|256|512|1024",
        help="px at which a face is drawn; default: auto",
    )
    parser.add_argument("--encoder", default="", metavar="NAME", help="an imported encoder, for the first guess")
    parser.add_argument("--frames", type=frame_range, default=(0, None), metavar="A:B", help="only frames A to B-1")
    parser.add_argument(
        "--face", type=int, metavar="N", help="which person, as `steadyface people` counts them; default: 1"
    )
    parser.add_argument("--seed", type=int, default=0, help="another number, another result; default: %(default)s")
    parser.add_argument("--rate", type=rate, metavar="FPS", help="frames a second of a folder of pictures; default: 25")
    parser.add_argument("--no-sound", dest="sound", action="store_false", help="leave the sound out")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1, ...; default: %(default)s")


def job_of(args: argparse.Namespace, preset: str) -> "Job":
    """The job from the arguments of `add_job_arguments`, and of ``edit`` if they are there."""
    from steadyface.config.job import Job, edits_of_people, requests_of

    requests, curve = requests_of([] if edits_of_people(args.edit) else args.edit)
    names = {each.name for each in fields(Job)} - {"source", "edits", "preset", "curve", "part"}
    taken = {name: getattr(args, name) for name in names if hasattr(args, name)}
    return Job(args.input, requests, preset, curve=curve, **taken)


def size(text: str) -> int | None:
    """Read ``auto`` or a number."""
    if text != "auto" and not text.isdigit():
        raise argparse.ArgumentTypeError(f"'{text}' is not a size; give auto, or a number of pixels")
    return None if text == "auto" else int(text)


def rate(text: str) -> Fraction:
    """Read ``24``, ``29.97`` or ``30000/1001``."""
    try:
        return Fraction(text)
    except (ValueError, ZeroDivisionError):
        raise argparse.ArgumentTypeError(f"'{text}' is not a rate; give frames a second, such as 24") from None


def frame_range(text: str) -> tuple[int, int | None]:
    """Read ``A:B``, ``A:`` or ``:B``."""
    from steadyface.config.job import parse_frames

    try:
        return parse_frames(text)
    except InputError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def run(args: argparse.Namespace) -> int:
    """Edit, with progress bars, sign if requested, and print where the result is. Or only look at one frame."""
    if args.look:
        return look(args)
    if args.out is None:
        raise InputError("the following arguments are required: --out; only --look goes without it")
    credentials = credentials_of(args)
    result = edit_with_bars(args)
    if credentials is not None:
        from steadyface.provenance.signing import sign_run

        sign_run(result.folder, credentials)
    print(*result.notes, f"edited   {result.edited}", f"compare  {result.compare}", sep="\n")
    return 0


def look(args: argparse.Namespace) -> int:
    """Edit one frame and print where the picture is."""
    from steadyface.config.job import check_look

    job, folder = job_of(args, args.preset), args.out or Path(f"{args.input.stem}-look")
    check_look(job, folder)

    from steadyface.preview.look import write_look

    path, index = write_look(job, folder)
    print(f"look     {path}\nframe {index}: input, edited. A sketch; the whole run, without --look, will be better")
    return 0


def credentials_of(args: argparse.Namespace) -> "Credentials | None":
    """The credentials for signing, read before the long work begins. Raises `InputError` when they can't be used."""
    if args.c2pa_cert is None and args.c2pa_key is None:
        return None
    if args.c2pa_cert is None or args.c2pa_key is None:
        raise InputError("--c2pa-cert and --c2pa-key go together")
    from steadyface.provenance.signing import Credentials

    return Credentials.read(args.c2pa_cert, args.c2pa_key)


def edit_with_bars(args: argparse.Namespace) -> "Result":
    """Check what can be checked without torch and print what is known of the input, then run the pipeline.

    The result's notes are those that are still to be printed.
    """
    from steadyface.config.job import check, edits_of_people, jobs_of_people

    people, reuse = edits_of_people(args.edit), [args.reuse] if args.reuse else []
    job = job_of(args, args.preset)
    jobs = jobs_of_people(job, people) if people else {0: job}
    said = dict.fromkeys(line for each in jobs.values() for line in check(each, args.out, reuse))
    print(*said, sep="\n", end="\n" if said else "", flush=True)

    from steadyface.pipeline import run_checked, run_people

    with stage_bars() as bars:
        how: Any = {"reuse": reuse, "watch": bars.watch, "announce": bars.announce, "expect": bars.expect}
        result = run_people(job, people, args.out, **how) if people else run_checked(job, args.out, **how)
    return replace(result, notes=tuple(note for note in result.notes if note not in said))
