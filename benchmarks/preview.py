"""How long the page's preview takes: the first, another strength, another edit, another frame.

Seconds by the clock and seconds of the processor: on a busy machine only the latter say anything.

python benchmarks/preview.py ../shared/clips/grid_sbia1a.mpg --threads 2
"""

import argparse
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from steadyface.app.clips import take
from steadyface.app.limits import Limits
from steadyface.app.preview import Effort, Previewer
from steadyface.editing.catalogue import Request
from steadyface.preview.people import people_of


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clip", type=Path)
    parser.add_argument("--frames", type=int, default=12, help="look at so many from the beginning")
    parser.add_argument("--first", type=int, default=Effort.first, help="steps on the first frame")
    parser.add_argument("--later", type=int, default=Effort.later, help="steps on another frame")
    parser.add_argument("--threads", type=int, help="of torch")
    parser.add_argument("--out", type=Path, help="folder for the pictures")
    args = parser.parse_args()
    if args.threads:
        torch.set_num_threads(args.threads)

    print("| what | s | processor s |\n| --- | --- | --- |")
    clip = take(args.clip, Limits())
    with timed(f"finding faces in {args.frames} frames"):
        found = people_of(clip.path, (0, args.frames))
    previewer = Previewer(Effort(first=args.first, later=args.later))
    middle = args.frames // 2
    asked = [
        ("first, networks read", middle, [Request("eyeglasses")]),
        ("another strength", middle, [Request("eyeglasses", 0.5)]),
        ("another edit", middle, [Request("smile")]),
        ("three edits", middle, [Request("eyeglasses"), Request("smile"), Request("age")]),
        ("another frame", middle + 1, [Request("eyeglasses")]),
        ("a third frame", 0, [Request("smile")]),
        ("back to the first", middle, [Request("age")]),
    ]
    for what, index, edits in asked:
        with timed(what):
            made = previewer.show(clip, found, 1, index, edits)
        if args.out:
            save(args.out / f"{what.replace(' ', '_')}.png", made.before, made.after)


@contextmanager
def timed(what: str) -> Iterator[None]:
    clock, processor = time.perf_counter(), time.process_time()
    yield
    print(f"| {what} | {time.perf_counter() - clock:.1f} | {time.process_time() - processor:.1f} |", flush=True)


def save(path: Path, *images: object) -> None:
    import cv2
    import numpy as np

    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.concatenate([np.asarray(image) for image in images], axis=1)[:, :, ::-1])


if __name__ == "__main__":
    main()
