"""Make the clip that ships: a person who does not exist talks for two seconds, before a made-up background.

    python training/make_demo_clip.py

The default generator renders one sample whose codes turn the head, open the mouth and close the eyes, by regressions on
the same faces as the edits'; mouth and eyes are each taken from their own picture, so that nothing else moves with
them. The sound is made of vowels that follow the mouth.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

import av
import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from demo_sound import speech, write_clip
from steadyface.cli.demo import CLIP
from steadyface.clip.folder import to_image
from steadyface.editing.catalogue import Request, load
from steadyface.faces.mask import PersonMask
from steadyface.faces.smooth import smooth
from steadyface.faces.track import find_tracks
from steadyface.gan.base import Generator, broadcast_w, sample_w
from steadyface.gan.load import load_generator
from train_edits import columns_of, standard, with_both

Floats = NDArray[np.float32]

SEED, TRUNCATION = 27, 0.6
FRAMES, RATE = 50, 25
WIDTH, HEIGHT = 480, 360
SIDE = 308
"""px of the frame that the generator's picture spans."""
OPEN, SMILE, BLINK = 4.2, -0.5, -9.5
"""How far the codes move for an open mouth, the strength of the smile that goes with it, and closed eyes."""
# Top, bottom, left, right as fractions of the picture.
MOUTH, EYES = (0.60, 0.92, 0.30, 0.70), (0.43, 0.53, 0.28, 0.72)


@dataclass(frozen=True)
class Motion:
    """What moves, by frame (FRAMES,)."""

    mouth: NDArray[np.float64]
    """0 closed to 1 open."""
    blink: NDArray[np.float64]
    """0 open to 1 closed."""
    turn: NDArray[np.float64]
    """Strength of the edit head-turn."""
    place: NDArray[np.float64]
    """(FRAMES, 4): centre x and y px, angle rad, scale."""


def motion() -> Motion:
    """Syllables at about four a second with a pause, two blinks, and slow wandering."""
    time = np.arange(FRAMES) / RATE
    syllables = np.array(
        [[0.10, 0.7], [0.32, 1.0], [0.52, 0.5], [0.72, 0.9], [1.18, 0.8], [1.38, 1.0], [1.60, 0.6], [1.80, 0.8]]
    )
    mouth = (syllables[:, 1] * np.exp(-(((time[:, None] - syllables[:, 0]) / 0.07) ** 2))).max(1)
    blink = np.exp(-(((time[:, None] - np.array([0.92, 1.86])) / 0.06) ** 2)).max(1)
    turn = 0.35 * np.sin(2 * np.pi * time / 2.3 + 0.4)
    place = np.stack(
        [
            WIDTH / 2 + 9 * np.sin(2 * np.pi * time / 2.6) + 2 * np.sin(2 * np.pi * time / 0.9 + 1),
            HEIGHT - SIDE / 2 + 14 + 3 * np.sin(2 * np.pi * time / 1.4 + 2) + 1.5 * mouth,
            0.045 * np.sin(2 * np.pi * time / 2.0 + 1.5),
            1 + 0.015 * np.sin(2 * np.pi * time / 2.4 + 0.7),
        ],
        axis=1,
    )
    return Motion(mouth, blink, turn, place)


def directions(faces: Path, labelled: Path) -> tuple[Tensor, Tensor]:
    """Unit directions (w_dim,) that open the mouth and the eyes while all that the edits know stays."""
    both = with_both(faces, labelled)
    _, columns = columns_of(both)
    openings = standard(np.stack([both["shape"][:, 1], both["shape"][:, 2:].mean(1)], axis=1))
    design = np.hstack([columns, openings, np.ones((len(columns), 1))])
    rows = np.linalg.lstsq(design, both["w"], rcond=None)[0][-3:-1]
    mouth, eyes = torch.from_numpy(rows / np.linalg.norm(rows, axis=1, keepdims=True)).float()
    return mouth, eyes


def soft_box(box: tuple[float, float, float, float], size: int) -> Floats:
    """(size, size, 1): 1 in the box, 0 away from it, soft over a twentieth of the picture."""
    top, bottom, left, right = (round(part * size) for part in box)
    mask = np.zeros((size, size), np.float32)
    mask[top:bottom, left:right] = 1
    return np.asarray(cv2.GaussianBlur(mask, (0, 0), size / 28)[..., None], np.float32)


@torch.no_grad()
def person(generator: Generator, moves: Motion, mouth: Tensor, eyes: Tensor) -> list[NDArray[np.uint8]]:
    """The generator's pictures."""
    draws = torch.Generator().manual_seed(SEED)
    ws = broadcast_w(generator, sample_w(generator, torch.randn(1, generator.z_dim, generator=draws), TRUNCATION))
    turn = load(Request("head-turn"))
    sides = torch.tensor(generator.ws_resolutions)
    smile = SMILE * (load(Request("smile"))(ws, generator) - ws)[0]
    lips = OPEN * (sides <= 32)[:, None] * mouth + smile
    lids = BLINK * ((sides >= 8) & (sides <= 32))[:, None] * eyes
    boxes = [soft_box(box, generator.resolution) for box in (MOUTH, EYES)]
    pictures = []
    for frame in range(FRAMES):
        base = ws + moves.turn[frame] * (turn(ws, generator) - ws)
        moved = (base + moves.mouth[frame] * lips, base + moves.blink[frame] * lids)
        picture = to_image(generator.synthesis(base)).astype(np.float32)
        changes = [to_image(generator.synthesis(code)) - picture for code in moved]
        # Closed eyes come with a darker face; only the lids are wanted.
        changes[1] -= cv2.GaussianBlur(changes[1], (0, 0), generator.resolution / 18)
        for change, box in zip(changes, boxes, strict=True):
            picture += box * change
        pictures.append(np.clip(np.rint(picture), 0, 255).astype(np.uint8))
    return pictures


def mattes(pictures: list[NDArray[np.uint8]]) -> Floats:
    """(FRAMES, S, S), 0 to 1: the person, steadied over time."""
    network = PersonMask.load()
    found = np.stack([network.find(picture) for picture in pictures])
    steady = smooth(found.reshape(len(found), -1), 1.5).reshape(found.shape)
    return np.clip((steady.astype(np.float32) - 0.35) / 0.5, 0, 1)


def background(tone: Floats) -> Floats:
    """A blurred wall of the colour `tone` (3,) with soft lights, wider than the frame: (HEIGHT + 40, WIDTH + 80, 3)."""
    rng = np.random.default_rng(8)
    height, width = HEIGHT + 40, WIDTH + 80
    y, x = np.mgrid[:height, :width].astype(np.float32)
    wall = tone * (1.08 - 0.25 * y / height - 0.12 * x / width)[..., None]
    for _ in range(26):
        centre, radius = rng.uniform((0, 0), (width, 0.8 * height)), rng.uniform(12, 46)
        disc = np.clip((radius - np.hypot(x - centre[0], y - centre[1])) / 5 + 0.5, 0, 1)
        colour = np.clip(tone + rng.normal(0, 34, 3), 0, 255)
        wall += (0.35 * disc)[..., None] * (colour - wall)
    return np.asarray(cv2.GaussianBlur(wall, (0, 0), 5), np.float32)


def composed(pictures: list[NDArray[np.uint8]], masks: Floats, moves: Motion) -> list[NDArray[np.uint8]]:
    """The frames (HEIGHT, WIDTH, 3)."""
    size = pictures[0].shape[0]
    behind = np.stack(pictures[:1])[0][masks[0] < 0.05]
    wall = background(behind.mean(0).astype(np.float32))
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
    frames = []
    for number, (picture, mask) in enumerate(zip(pictures, masks, strict=True)):
        centre_x, centre_y, angle, scale = moves.place[number]
        turned = np.exp(-1j * angle) * ((x - centre_x) + 1j * (y - centre_y)) * size / (SIDE * scale)
        u, v = turned.real + (size - 1) / 2, turned.imag + (size - 1) / 2
        # ColourExtension the picture's sides, the shoulders go on and fall off.
        beyond = np.maximum(0, np.maximum(-u, u - (size - 1)))
        u, v = np.clip(u, 0, size - 1).astype(np.float32), (v - 0.45 * beyond).astype(np.float32)
        layers = np.dstack([picture.astype(np.float32), 255 * mask])
        placed = cv2.remap(layers, u, v, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
        alpha = np.clip(placed[..., 3:] / 255, 0, 1) * np.clip(v / 8, 0, 1)[..., None]
        pan = np.float32([[1, 0, -20 - 0.35 * number], [0, 1, -20 + 4 * np.sin(number / 14)]])
        far = cv2.warpAffine(wall, pan, (WIDTH, HEIGHT), flags=cv2.INTER_LINEAR)
        frames.append(np.clip(np.rint(far + alpha * (placed[..., :3] - far)), 0, 255).astype(np.uint8))
    return frames


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--faces", type=Path, default=Path("training/runs/faces.npz"))
    parser.add_argument("--labelled", type=Path, default=Path("training/runs/labelled.npz"))
    parser.add_argument("--out", type=Path, default=CLIP)
    args = parser.parse_args()
    moves = motion()
    pictures = person(load_generator("mobile-ffhq-256"), moves, *directions(args.faces, args.labelled))
    frames = composed(pictures, mattes(pictures), moves)
    write_clip(args.out, frames, RATE, speech(moves.mouth, RATE))
    with av.open(str(args.out)) as container:
        shown = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    (track,) = find_tracks(shown)
    print(f"{args.out}: {args.out.stat().st_size // 1000} KB, face found in {track.seen.sum()} of {len(shown)} frames")


if __name__ == "__main__":
    main()
