"""Digests of the decoded frames of ``edited.mp4`` in short seeded runs: whether two versions make the same pictures.

    python benchmarks/digests.py tests/data/grid_sbia1a.mpg --out runs/digests
    PYTHONPATH=/path/to/other/src python benchmarks/digests.py tests/data/grid_sbia1a.mpg --out runs/others

Four frames, seven runs, a line for each. One thread, so that sums are taken in one order. Digests of two machines
differ, since their arithmetic does.
"""

import argparse
import hashlib
import os
from pathlib import Path

CASES = [(edit, "fast") for edit in ("eyeglasses", "smile", "age", "beard", "sketch")]
CASES += [("eyeglasses", "paper"), ("eyeglasses", "smooth")]
INVERSIONS = {"fast": "eyeglasses-fast", "smooth": "eyeglasses-paper"}
"""By preset, the run whose inversion serves: it is the same, and takes most of the time."""


def frames_digest(video: Path) -> str:
    """SHA-256 of all decoded pixels of a video, shortened."""
    from steadyface.video.reader import read_frames

    total = hashlib.sha256()
    for frame in read_frames(video):
        total.update(frame.image.tobytes())
    return total.hexdigest()[:16]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clip", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--frames", type=int, default=4)
    parser.add_argument("--only", nargs="*", metavar="EDIT-PRESET", help="among the names that are printed")
    args = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = "1"
    import cv2
    import torch

    from steadyface import edit_video

    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    for edit, preset in CASES:
        name = f"{edit}-{preset}"
        if args.only and name not in args.only:
            continue
        earlier = args.out / INVERSIONS.get(preset, name)
        reuse = earlier if earlier.name != name and earlier.exists() else None
        result = edit_video(args.clip, [edit], args.out / name, preset=preset, frames=(0, args.frames), reuse=reuse)
        print(f"{name:18} {frames_digest(result.edited)}", flush=True)


if __name__ == "__main__":
    main()
