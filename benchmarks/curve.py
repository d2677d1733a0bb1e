"""Whether the age that a network reads follows a strength curve, and whether the edit is as steady as without one.

    python benchmarks/curve.py ../shared/clips/grid_sbia1a.mpg --reuse runs/grid_sbia1a_age --out runs/curve

The strength rises from 0 to 1 over the clip (`age:0@0s,1@END`). Printed are the correlation of the frames' age, over
that of the inversion, with the curve, how often it falls by more than a year within half a second, and E.
"""

import argparse
from pathlib import Path

import numpy as np
import torch

from steadyface import edit_video
from steadyface.config.curve import with_peaks
from steadyface.config.job import parse_frames
from steadyface.critics.age_gender import AgeGender
from steadyface.critics.scorers import age_gender_scorer
from steadyface.flow.estimators import load_estimator
from steadyface.metrics.evaluate import find_parts
from steadyface.metrics.frames import segments_in
from steadyface.metrics.strength import scores
from steadyface.metrics.warping import warping_errors
from steadyface.video.info import frames_between, probe


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clip", type=Path)
    parser.add_argument("--frames", type=parse_frames, default=(0, None), metavar="A:B")
    parser.add_argument("--preset", default="default")
    parser.add_argument("--reuse", type=Path)
    parser.add_argument("--out", type=Path, default=Path("runs/curve"))
    args = parser.parse_args()
    info, start = probe(args.clip), args.frames[0]
    rate, count = float(info.average_rate), frames_between(info, *args.frames)
    first, last = start / rate, (start + count - 1) / rate
    edit = f"age:0@{first:g}s,1@{last:g}s"
    edit_video(args.clip, [edit], args.out, preset=args.preset, frames=args.frames, reuse=args.reuse)
    _, curve = with_peaks([edit])
    parts = find_parts(args.out)
    shares = curve.at(segments_in(args.out, count).numbers / rate) if curve else np.ones(count)
    with torch.no_grad():
        scorers = [age_gender_scorer(AgeGender())]
        before, after = (scores(parts[name], scorers) for name in ("inverted", "edited"))
    older = after["age"] - before["age"]
    half = round(rate / 2)
    falls = int((older[half:] < older[:-half] - 1).sum())
    found = warping_errors(
        {name: parts[name] for name in ("edited", "input")}, parts["input"], load_estimator("spynet", "cpu")
    )
    steady = found["edited"].mean / found["input"].mean
    print(f"age follows the curve: correlation {np.corrcoef(shares, older)[0, 1]:.3f} over {len(older)} frames")
    tenths = ", ".join(f"{each.mean():.1f}" for each in np.array_split(older, 10))
    print(f"years older, in tenths of the clip: {tenths}")
    print(f"falls by more than a year within half a second: {falls}; E / input's {steady:.2f}")


if __name__ == "__main__":
    main()
