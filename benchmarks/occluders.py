"""Things in front of a face stay in front: a ball, an arm and burnt-in text, whose masks are known, pass a clip's face.

    python benchmarks/occluders.py ../shared/clips/grid_sbia1a.mpg --frames 0:60 --out runs/occluders

Each edit is made (`fast`, FFV1). Inside the masks, 3 px in, the result should differ from the input by less than 3 grey
levels in the mean; "elsewhere" is the change of what the edit changes in frames without anything in front.
"""

import argparse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from steadyface import edit_video
from steadyface.config.job import parse_frames
from steadyface.faces.track import find_tracks
from steadyface.video.info import probe
from steadyface.video.reader import read_frames
from steadyface.video.writer import write_video

Image = NDArray[np.uint8]
EDITS = ("eyeglasses", "beard", "age", "smile")
INSIDE = 3
"""Pixels."""


def ball(image: Image, centre: NDArray[np.floating], radius: float) -> tuple[Image, Image]:
    """A ball with stripes: the picture with it, and its mask."""
    y, x = np.mgrid[: image.shape[0], : image.shape[1]]
    away = np.hypot(x - centre[0], y - centre[1]) / radius
    shade = np.clip(1.1 - 0.6 * np.hypot((x - centre[0]) / radius + 0.4, (y - centre[1]) / radius + 0.4), 0.2, 1)
    stripes = (((x - centre[0]) // max(radius / 3, 1)) % 2)[..., None]
    colours = shade[..., None] * np.where(stripes > 0, (200, 60, 40), (230, 220, 210))
    soft = np.clip((1 - away) * radius + 0.5, 0, 1)[..., None]
    return np.asarray(image + soft * (colours - image), np.uint8), np.asarray(255 * (soft[..., 0] > 0.5), np.uint8)


def arm(image: Image, centre: NDArray[np.floating], radius: float, skin: NDArray[np.floating]) -> tuple[Image, Image]:
    """A forearm from the lower right corner to a point, in a skin's colour, darker at its edges."""
    corner = np.array(image.shape[1::-1], float)
    way = corner - centre
    y, x = np.mgrid[: image.shape[0], : image.shape[1]]
    along = np.clip(((x - centre[0]) * way[0] + (y - centre[1]) * way[1]) / (way @ way), 0, 1)
    away = np.hypot(x - centre[0] - along * way[0], y - centre[1] - along * way[1]) / radius
    colours = skin * (1.05 - 0.5 * np.clip(away, 0, 1)[..., None] ** 3)
    soft = np.clip((1 - away) * radius + 0.5, 0, 1)[..., None]
    return np.asarray(image + soft * (colours - image), np.uint8), np.asarray(255 * (soft[..., 0] > 0.5), np.uint8)


def text(image: Image, left: NDArray[np.floating], height: float) -> tuple[Image, Image]:
    """White letters with a black rim."""
    shown, mask = image.copy(), np.zeros(image.shape[:2], np.uint8)
    scale, at = height / 22, (int(left[0]), int(left[1]))
    for thick, colour in ((max(3, int(height / 3)), 0), (max(2, int(height / 6)), 255)):
        cv2.putText(shown, "LIVE 20:15", at, cv2.FONT_HERSHEY_DUPLEX, scale, (colour,) * 3, thick, cv2.LINE_AA)
    cv2.putText(mask, "LIVE 20:15", at, cv2.FONT_HERSHEY_DUPLEX, scale, 255, max(3, int(height / 3)))
    return shown, mask


def shown(clip: Path, frames: tuple[int, int | None]) -> Iterator[tuple[Image, Image, str]]:
    """Each frame with what passes, its mask, and what it is; nothing in the first and last sixth, and between two."""
    pictures = [frame.image for frame in read_frames(clip, *frames)]
    (track,) = find_tracks(pictures)
    count = len(pictures)
    for number, (image, points) in enumerate(zip(pictures, track.landmarks, strict=True)):
        low, high = points.min(0), points.max(0)
        size, place = high - low, 6 * number / count
        skin = np.median(
            image[int(points[50, 1]) - 3 : int(points[50, 1]) + 3, int(points[50, 0]) - 3 :][:, :6], (0, 1)
        )
        if 1 <= place < 2:
            yield *ball(image, low + size * (place - 1, 0.55), 0.22 * size[0]), "ball"
        elif 2.5 <= place < 3.5:
            yield *arm(image, low + size * (1.3 - place / 4, 0.8), 0.17 * size[0], skin), "arm"
        elif 4 <= place < 5:
            yield *text(image, low + size * (-0.2, 0.85), 0.2 * size[1]), "text"
        else:
            yield image, np.zeros(image.shape[:2], np.uint8), ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clip", type=Path)
    parser.add_argument("--frames", type=parse_frames, default=(0, 60), metavar="A:B")
    parser.add_argument("--edits", nargs="*", default=EDITS)
    parser.add_argument("--out", type=Path, default=Path("runs/occluders"))
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    passing, source = list(shown(args.clip, args.frames)), args.out / "passing.mkv"
    like = replace(probe(args.clip), has_audio=False)
    frames = (
        replace(frame, image=image, coded=None)
        for frame, (image, *_) in zip(read_frames(args.clip, *args.frames), passing, strict=True)
    )
    write_video(source, frames, like, codec="ffv1")
    print(
        "| edit | "
        + " | ".join(f"{kind}: change inside, levels" for kind in ("ball", "arm", "text"))
        + " | elsewhere |"
    )
    print("|---" * 5 + "|")
    reuse = None
    for edit in args.edits:
        folder = args.out / edit
        edit_video(source, [edit], folder, preset="fast", codec="ffv1", reuse=reuse)
        reuse = reuse or folder
        inside: dict[str, list[float]] = {"ball": [], "arm": [], "text": [], "": []}
        pairs = zip(read_frames(source), read_frames(folder / "edited.mkv"), passing, strict=True)
        for before, after, (_, mask, kind) in pairs:
            change = np.abs(after.image.astype(int) - before.image).mean(2)
            within = cv2.erode(mask, np.ones((2 * INSIDE + 1,) * 2, np.uint8)) > 0
            if kind and within.any():
                inside[kind].append(float(change[within].mean()))
            elif not kind:
                inside[""].append(float(change[change > 2].mean()) if (change > 2).any() else 0.0)
        print(
            f"| {edit} | " + " | ".join(f"{np.mean(found):.2f}" if found else "-" for found in inside.values()) + " |",
            flush=True,
        )


if __name__ == "__main__":
    main()
