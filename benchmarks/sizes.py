"""What drawing at 512 and 1024 px costs, and how sharp it is in the frames themselves: one clip, one inversion.

    python benchmarks/sizes.py ../shared/clips/s29.mp4 --edit eyeglasses --frames 0:75 --out runs/sizes
    python benchmarks/sizes.py ../shared/clips/s20.mp4 --edit smile --frames 0:75 --out runs/sizes --enlarge 2.3

Processor seconds of all stages, those that the sizes share counted for each; their ratio to the run at 256 px. With
--enlarge the clip is enlarged first, so that its face is larger than 512 px.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import cv2

from steadyface import edit_video
from steadyface.compare import measured
from steadyface.config.job import parse_frames
from steadyface.metrics.evaluate import Critics
from steadyface.report.table import markdown
from steadyface.video.info import probe
from steadyface.video.reader import read_frames
from steadyface.video.writer import write_video

SIZES = (256, 512, 1024)
COLUMNS = (
    "processor s",
    "GB",
    "sharpness there",
    "seam",
    "in the frames: E",
    "E(edited) / E(input)",
    "ten apart",
    "strength kept",
)


def enlarged(clip: Path, frames: tuple[int, int | None], factor: float, out: Path) -> Path:
    """The frames of a clip, larger by Lanczos."""
    target, info = out / f"{clip.stem}_{factor:g}.mp4", probe(clip)
    if not target.is_file():
        size = tuple(2 * round(factor * side / 2) for side in (info.width, info.height))
        larger = (
            replace(frame, image=cv2.resize(frame.image, size, interpolation=cv2.INTER_LANCZOS4))
            for frame in read_frames(clip, *frames)
        )
        write_video(target, larger, info, options={"crf": "8"})
    return target


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clip", type=Path)
    parser.add_argument("--edit", default="eyeglasses")
    parser.add_argument("--frames", type=parse_frames, default=(0, None), metavar="A:B")
    parser.add_argument("--sizes", type=int, nargs="*", default=SIZES)
    parser.add_argument("--preset", default="default")
    parser.add_argument("--enlarge", type=float, default=1.0, metavar="FACTOR")
    parser.add_argument("--reuse", type=Path, help="a run of the clip whose inversion is taken")
    parser.add_argument("--out", type=Path, default=Path("runs/sizes"))
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    clip, frames = args.clip, args.frames
    if args.enlarge != 1:
        clip, frames = enlarged(clip, frames, args.enlarge, args.out), (0, None)
    critics, rows, reuse = Critics.load(), [], args.reuse
    for size in args.sizes:
        folder = args.out / f"{clip.stem}_{args.edit}_{size}"
        edit_video(clip, [args.edit], folder, preset=args.preset, frames=frames, size=size, reuse=reuse)
        reuse = reuse or folder
        metrics = measured(folder, critics)
        rows.append(((clip.stem, args.edit, str(size)), metrics))
        print(markdown(rows, ("clip", "edit", "px"), COLUMNS), flush=True)
    seconds = [sum(stage["processor_seconds"] for stage in m["manifest"]["stages"].values()) for _, m in rows]
    print("times the first: " + ", ".join(f"{each / seconds[0]:.2f}" for each in seconds))


if __name__ == "__main__":
    main()
