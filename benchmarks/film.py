"""A film of six shots with two people, whose truth is known: made of clips of two speakers, edited, and checked.

    python benchmarks/film.py ../shared/clips/grid_brbk7n.mpg ../shared/clips/grid_sbia1a.mpg --out runs/film
    python benchmarks/film.py A.mpg B.mpg --out runs/film --only-film

The shots: A alone; B alone; a dissolve to both side by side; both cross, B behind A; A leaves and comes back; nobody.
Then each is edited with another edit (`eyeglasses` and `beard` unless said otherwise) in one run, and checked: frames
without a person are the input's up to the encoder, nobody is taken for somebody else, and the rims of all shots are the
same (LPIPS of aligned crops around the eyes).
"""

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import combinations, cycle, islice
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file
from torch import Tensor

from steadyface import edit_video
from steadyface.clip.folder import FrameFolder
from steadyface.clip.segments import segments_of
from steadyface.critics.lpips import Lpips
from steadyface.faces.mask import PersonMask
from steadyface.stages.output import kept_change
from steadyface.video.info import probe
from steadyface.video.planes import samples
from steadyface.video.reader import Frame, read_frames
from steadyface.video.writer import write_video

SIZE = (576, 720)
DISSOLVE = 10
WHOLE = 600
"""x up to which a face is in the picture."""

Image = NDArray[np.uint8]


@dataclass(frozen=True)
class Shown:
    """A frame of the film: who is where, by the x of the middle of the face, None if nothing of it is seen."""

    image: Image
    a: float | None = None
    b: float | None = None


def film(first: Path, second: Path) -> Iterator[Shown]:
    """All shots."""
    a, b = (filled(path) for path in (first, second))
    yield from (Shown(image, a=360) for image in a[:30])
    yield from (Shown(image, b=360) for image in b[:30])
    both = [beside(x, y) for x, y in zip(a[30:60], b[30:60], strict=True)]
    before = b[30 : 30 + DISSOLVE]
    for number, image in enumerate(both):
        share = min((number + 1) / (DISSOLVE + 1), 1.0)
        mixed = image if share == 1 else cv2.addWeighted(before[number], 1 - share, image, share, 0)
        yield Shown(mixed, a=180 if share > 0.5 else None, b=540 if share > 0.5 else 360)
    yield from crossing(a, b)
    yield from leaving(a)
    empty = wall(a)
    yield from (Shown(noisy(empty, number)) for number in range(20))


def filled(path: Path) -> list[Image]:
    """A clip's frames, as large as the film's."""
    return [cv2.resize(f.image, SIZE[::-1], interpolation=cv2.INTER_CUBIC) for f in read_frames(path)]


def beside(a: Image, b: Image) -> Image:
    """The middle halves of two frames."""
    quarter = SIZE[1] // 4
    return np.concatenate([a[:, quarter:-quarter], b[:, quarter:-quarter]], axis=1)


def wall(frames: list[Image]) -> Image:
    """A wall of the colours behind somebody."""
    colours = frames[0][:, :40].mean(1, keepdims=True)
    return np.asarray(np.repeat(cv2.GaussianBlur(colours, (1, 1), 0), SIZE[1], axis=1), np.uint8)


def noisy(image: Image, seed: int) -> Image:
    noise = np.random.default_rng(seed).normal(0, 1.5, image.shape)
    return np.asarray(np.clip(image + noise, 0, 255), np.uint8)


def cut_outs(frames: list[Image]) -> list[tuple[Image, NDArray[np.float32]]]:
    """Frames with masks of the person."""
    find = PersonMask.load().find
    found = []
    for frame in frames:
        mask = cv2.resize(find(frame), SIZE[::-1], interpolation=cv2.INTER_LINEAR)
        found.append((frame, np.clip(1.6 * mask - 0.4, 0, 1).astype(np.float32)))
    return found


def laid(ground: Image, person: tuple[Image, NDArray[np.float32]], x: float) -> Image:
    """A person, cut out, with the middle at x."""
    move = np.array([[1, 0, x - SIZE[1] / 2], [0, 1, 0]], np.float32)
    image, mask = (cv2.warpAffine(each, move, SIZE[::-1], flags=cv2.INTER_LINEAR) for each in person)
    return np.asarray(ground + mask[..., None] * (image.astype(np.float32) - ground), np.uint8)


def crossing(a: list[Image], b: list[Image]) -> Iterator[Shown]:
    count = 60
    ground = wall(a)
    both = zip(*(cut_outs(list(islice(cycle(each), count))) for each in (a, b)), strict=True)
    for number, (front, back) in enumerate(both):
        share = number / (count - 1)
        x, y = 180 + 360 * share, 540 - 360 * share
        yield Shown(noisy(laid(laid(ground, back, y), front, x), number), a=x, b=y)


def leaving(a: list[Image]) -> Iterator[Shown]:
    away = (
        [360.0] * 15 + list(np.linspace(360, 960, 15)) + [960.0] * 12 + list(np.linspace(960, 360, 15)) + [360.0] * 15
    )
    ground = wall(a)
    people = cut_outs(list(islice(cycle(a[5:]), len(away))))
    for number, (x, person) in enumerate(zip(away, people, strict=True)):
        yield Shown(noisy(laid(ground, person, x), number), a=x if x < 860 else None)


def write_film(first: Path, second: Path, out: Path) -> list[Shown]:
    """Write ``film.mp4``; returns its frames without their pictures."""
    truth, info = list[Shown](), replace(probe(first), average_rate=Fraction(25), has_audio=False)

    def frames() -> Iterator[Frame]:
        for number, shown in enumerate(film(first, second)):
            truth.append(replace(shown, image=np.zeros((1, 1, 3), np.uint8)))
            yield Frame(number, number, Fraction(1, 25), shown.image, 1, None)

    write_video(out / "film.mp4", frames(), info, options={"crf": "10"})
    lines = [{"a": each.a, "b": each.b} for each in truth]
    (out / "truth.json").write_text(json.dumps(lines), encoding="utf-8")
    return truth


def checked(out: Path, edits: list[str]) -> Iterator[tuple[str, bool, str]]:
    """What a run with `edits` made of the film: (what, whether it is right, the figure)."""
    truth = json.loads((out / "truth.json").read_text(encoding="utf-8"))
    run = out / "run"
    nobody = [n for n, each in enumerate(truth) if each["a"] is each["b"] is None]
    videos = (read_frames(path, coded=True) for path in (out / "film.mp4", run / "edited.mkv"))
    worst = 0
    for before, after in zip(*videos, strict=True):
        if before.index in nobody and before.coded is not None and after.coded is not None:
            planes = zip(samples(before.coded), samples(after.coded), strict=True)
            worst = max(worst, *(int(np.abs(a.astype(int) - b).max()) for a, b in planes))
    figure = f"{len(nobody)} frames, largest difference of a sample {worst} (FFV1)"
    yield "frames without anybody are the input's", worst == 0, figure
    for number, who in ((1, "a"), (2, "b")):
        other, wrong, shown, there = {"a": "b", "b": "a"}[who], 0, 0, 0
        for n, frame in enumerate(read_frames(run / f"person-{number}" / "state" / "changes.mkv", coded=True)):
            weight = np.abs(kept_change(frame)).sum((0, 2))
            there += truth[n][who] is not None and truth[n][who] < WHOLE and not _hidden(truth[n], who)
            if weight.sum() < 1000:
                continue
            x = float((weight * np.arange(len(weight))).sum() / weight.sum())
            mine, theirs = (abs(x - truth[n][each]) if truth[n][each] is not None else 1e9 for each in (who, other))
            whole = truth[n][who] is None or truth[n][who] < WHOLE
            wrong += (theirs < mine and not _hidden(truth[n], "b")) or (mine > 120 and whole)
            shown += mine <= 120 and truth[n][who] < WHOLE
        figure = f"{wrong} frames at somebody else's face"
        yield f"person {number} keeps their {edits[number - 1]}", wrong == 0, figure
        yield f"person {number} is edited where they are", shown >= 0.9 * there, f"{shown} of {there} frames"
    lpips, folder = Lpips("alex"), run / "person-1"
    segments = segments_of(load_file(folder / "state" / "align.safetensors"))
    pictures = {kind: FrameFolder(folder / "aligned" / kind) for kind in ("input", "edited")}
    rows = [rows[len(rows) // 2] for rows in segments.ranges]
    far = {
        kind: max(float(lpips(eyes(found, a), eyes(found, b))) for a, b in combinations(rows, 2))
        for kind, found in pictures.items()
    }
    more = far["edited"] - far["input"]
    yield "the same rims in all shots (LPIPS of the eyes, above the input's)", more <= 0.05, f"{more:.3f} ({far})"


def _hidden(truth: dict[str, float | None], who: str) -> bool:
    """Whether B is behind A."""
    a, b = truth["a"], truth["b"]
    return who == "b" and a is not None and b is not None and abs(a - b) < 130


def eyes(pictures: FrameFolder, row: int) -> Tensor:
    """The part of an aligned picture in which eyeglasses are."""
    side = pictures([row]).shape[-1]
    return pictures([row])[:, :, side * 3 // 8 : side * 5 // 8, side // 4 : side * 3 // 4]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("first", type=Path)
    parser.add_argument("second", type=Path)
    parser.add_argument("--edits", nargs=2, default=["eyeglasses", "beard"], help="of the first person, of the second")
    parser.add_argument("--preset", default="default")
    parser.add_argument("--out", type=Path, default=Path("runs/film"))
    parser.add_argument("--only-film", action="store_true")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    write_film(args.first, args.second, args.out)
    if args.only_film:
        return
    edits = [f"{number}:{edit}" for number, edit in enumerate(args.edits, 1)]
    edit_video(
        args.out / "film.mp4", edits, args.out / "run", preset=args.preset, codec="ffv1",
        announce=lambda stage: print(stage, flush=True),
    )  # fmt: skip
    found = list(checked(args.out, args.edits))
    for what, right, figure in found:
        print(f"{'ok  ' if right else 'FAIL'}  {what}: {figure}")
    if not all(right for _, right, _ in found):
        sys.exit(1)


if __name__ == "__main__":
    main()
