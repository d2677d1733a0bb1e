"""``steadyface people``: who is in a video, with a picture of each, how long and where."""

import argparse
from pathlib import Path

from steadyface.cli.edit import frame_range
from steadyface.cli.progress import stage_bars


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = commands.add_parser("people", help="list the people of a video, as --face N and --edit N:EDIT count them")
    parser.add_argument("input", type=Path, metavar="VIDEO")
    parser.add_argument("--frames", type=frame_range, default=(0, None), metavar="A:B", help="only frames A to B-1")
    parser.add_argument("--out", type=Path, metavar="PNG", help="where their picture goes; default: NAME-people.png")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print a line for each person, and write their pictures side by side."""
    import cv2

    from steadyface.preview.people import people_of
    from steadyface.runtime.files import write_atomically
    from steadyface.runtime.optimise import Progress

    with stage_bars() as bars:
        bars.announce("finding the people")
        found = people_of(
            args.input, args.frames, lambda done, total: bars.watch(Progress("find the people", done, total, {}))
        )
    path = args.out or Path(f"{args.input.stem}-people.png")
    encoded = cv2.imencode(".png", found.sheet()[:, :, ::-1])[1].tobytes()
    write_atomically(path, lambda beside: beside.write_bytes(encoded))
    shots = "1 shot" if len(found.shots) == 1 else f"{len(found.shots)} shots"
    print(f"{found.total} frames, {shots}; pictures: {path}")
    for number, person in enumerate(found.people, 1):
        spans = ", ".join(f"{first} to {last}" for first, last in found.spans(number))
        print(f"{number:>3}  in {person.frames} frames: {spans}; {person.size:.0f} px from eye to eye")
    return 0
