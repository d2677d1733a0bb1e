"""How many cuts and dissolves `faces.shots` finds in films that are spliced from a folder's clips, and how fast.

    python benchmarks/shots.py CLIPS
    python benchmarks/shots.py CLIPS --films 30 --seed 1

A film is eight pieces of random clips, 35 to 74 frames each, with cuts and dissolves of 7 to 15 frames between them;
every other film also has a flash of up to five frames. A boundary is found if one is told at most two frames beside
it. A join of two pieces of one clip is a jump cut: the people and the place remain. The clips themselves, each one
shot, with their gestures and moving cameras, follow. Times are the processor's.
"""

import argparse
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from steadyface.faces.shots import SIZE, Shot, find_shots
from steadyface.faces.transnet import TransNet
from steadyface.video.reader import read_frames

Frames = NDArray[np.uint8]
TOLERANCE = 2
PIECES = 8
SHORTEST, LONGEST = 35, 75
DISSOLVES = (7, 15)


@dataclass(frozen=True)
class Join:
    """A shot begins at `at`, in the middle of the `mixed` frames of a dissolve."""

    kind: str
    at: int
    mixed: range


def thumbnails(path: Path) -> Frames:
    """All frames of a clip as the network sees them: areas' averages, which commute with a dissolve."""
    small = [cv2.resize(f.image, SIZE, interpolation=cv2.INTER_AREA) for f in read_frames(path)]
    return np.stack(small).astype(np.uint8)


def spliced(clips: dict[str, Frames], draws: np.random.Generator) -> tuple[Frames, list[Join]]:
    """A film, and where its pieces are joined."""
    film, last, joins = np.zeros((0, *SIZE[::-1], 3), np.uint8), "", []
    for _ in range(PIECES):
        name = str(draws.choice(list(clips)))
        length = min(int(draws.integers(SHORTEST, LONGEST)), len(clips[name]))
        start = int(draws.integers(len(clips[name]) - length + 1))
        piece = clips[name][start : start + length]
        if not last:
            film, last = piece, name
            continue
        count = int(draws.integers(DISSOLVES[0], DISSOLVES[1] + 1)) if draws.random() < 0.5 else 0
        kind = "jump cut" if name == last else "dissolve" if count else "cut"
        end = len(film)
        joins.append(Join(kind, end - count // 2, range(end - count, end)))
        share = ((np.arange(count) + 1) / (count + 1))[:, None, None, None]
        mixed = (1 - share) * film[end - count :] + share * piece[:count]
        film = np.concatenate([film[: end - count], np.round(mixed).astype(np.uint8), piece[count:]])
        last = name
    return film, joins


def with_flash(film: Frames, joins: list[Join], draws: np.random.Generator) -> Frames:
    """The film with a flash in the middle of one of its pieces."""
    lasts = int(draws.integers(1, 6))
    at = joins[int(draws.integers(len(joins)))].at + 10
    lit = film.copy()
    lit[at : at + lasts] = np.clip(film[at : at + lasts] * draws.uniform(1, 1.5) + draws.uniform(30, 90), 0, 255)
    return lit


def count(tally: Counter[str], joins: list[Join], shots: list[Shot]) -> None:
    """Add what was found of a film's joins, what was told and isn't there, and how far its dissolves are off."""
    told = [shot.first for shot in shots[1:]]
    for join in joins:
        near = [at for at in told if abs(at - join.at) <= TOLERANCE]
        tally[f"{join.kind}, all"] += 1
        tally[f"{join.kind}, found"] += bool(near)
        if near:
            told.remove(near[0])
        if near and join.kind == "dissolve":
            clear = {frame for shot in shots for frame in shot.clear}
            tally["mixed"] += len(join.mixed)
            tally["mixed, called clear"] += len(clear & set(join.mixed))
    tally["false"] += len(told)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clips", type=Path, metavar="CLIPS", help="a folder with videos, each of them one shot")
    parser.add_argument("--films", type=int, default=12)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    paths = sorted(path for path in args.clips.iterdir() if path.suffix in (".mpg", ".mp4", ".mov", ".mkv", ".webm"))
    clips = {path.stem: thumbnails(path) for path in paths}
    network, draws = TransNet.load(), np.random.default_rng(args.seed)
    tally: Counter[str] = Counter()
    for number in range(args.films):
        film, joins = spliced(clips, draws)
        film = with_flash(film, joins, draws) if number % 2 else film
        count(tally, joins, find_shots(film, network=network))
    for kind in ("cut", "dissolve", "jump cut"):
        print(f"{kind}: found {tally[f'{kind}, found']} of {tally[f'{kind}, all']}")
    found = tally["cut, found"] + tally["dissolve, found"]
    right = found + tally["jump cut, found"]
    recall, precision = found / (tally["cut, all"] + tally["dissolve, all"]), right / (right + tally["false"])
    print(f"without jump cuts, recall {recall:.3f}; with them, precision {precision:.3f} ({tally['false']} false)")
    print(f"of {tally['mixed']} mixed frames of dissolves that were found, {tally['mixed, called clear']} called clear")
    for path in paths:
        frames = [frame.image for frame in read_frames(path)]
        start = time.process_time()
        shots = find_shots(frames, network=network)
        each = (time.process_time() - start) / len(frames)
        height, width = frames[0].shape[:2]
        size = f"{width}x{height}, {len(frames)} frames"
        print(f"{path.stem}: shots begin at {[shot.first for shot in shots]}; {size}, {1000 * each:.1f} ms a frame")


if __name__ == "__main__":
    main()
