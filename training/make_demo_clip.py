"""Make the clip that ships: a person who does not exist talks for two seconds.

    python training/make_demo_clip.py

The generator renders one sample at 1024 px whose codes turn the head, open the mouth (the edit `open-mouth`) and close
the eyes, by a regression on faces that are drawn for it; mouth and eyes are each taken from their own picture, so that
nothing else moves with them. The picture fills the frame, as a hand-held camera would see it: the background is the
generator's own. The sound is made of vowels that follow the mouth.
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
from steadyface.critics.expression import Expression
from steadyface.editing.catalogue import Request, load
from steadyface.faces.eyes import EyeFinder
from steadyface.faces.mesh import FaceMesh
from steadyface.faces.topology import head_yaw, mouth_opening
from steadyface.faces.track import find_tracks
from steadyface.gan.base import Generator, broadcast_w, sample_w
from steadyface.gan.load import load_generator
from steadyface.gan.models import LARGER, SMALL

Floats = NDArray[np.float32]

SEED, TRUNCATION = 27, 0.6
FRAMES, RATE = 50, 25
SIDE = 512
"""px of the frame."""
SPAN = 556
"""px of the frame that the generator's picture spans: its edges stay outside."""
OPEN, SMILE, BLINK = 0.8, -0.5, -9.5
"""The strengths of `open-mouth` and of the smile that goes with it, and how far the codes move for closed eyes."""
SAMPLES = 600
"""Faces on which it is measured how codes close eyes."""
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
            SIDE / 2 + 7 * np.sin(2 * np.pi * time / 2.6) + 2 * np.sin(2 * np.pi * time / 0.9 + 1),
            SIDE / 2 + 4 * np.sin(2 * np.pi * time / 1.4 + 2),
            0.02 * np.sin(2 * np.pi * time / 2.0 + 1.5),
            1 + 0.01 * np.sin(2 * np.pi * time / 2.4 + 0.7),
        ],
        axis=1,
    )
    return Motion(mouth, blink, turn, place)


@torch.no_grad()
def eye_direction() -> Tensor:
    """The unit direction (w_dim,) that opens the eyes while pose, mouth and expression stay: least squares."""
    generator, expression = load_generator(SMALL), Expression()
    mesh, eyes = FaceMesh.load(), EyeFinder.load()
    z = torch.randn(SAMPLES, generator.z_dim, generator=torch.Generator().manual_seed(5))
    rows, codes = [], []
    for w in sample_w(generator, z, 0.85):
        picture = generator.synthesis(broadcast_w(generator, w[None])).clamp(-1, 1)
        image = to_image(picture)
        points = mesh.find_aligned(image).landmarks
        moods = expression.logits(picture)[0].tolist()
        rows.append([eyes.find(image, points).opening().mean(), head_yaw(points), mouth_opening(points), *moods])
        codes.append(w.numpy())
    measured = np.array(rows)
    columns = (measured - measured.mean(0)) / measured.std(0)
    design = np.hstack([columns, np.ones((len(columns), 1))])
    row = np.linalg.lstsq(design, np.stack(codes), rcond=None)[0][0]
    return torch.from_numpy(row / np.linalg.norm(row)).float()


def soft_box(box: tuple[float, float, float, float], size: int) -> Floats:
    """(size, size, 1): 1 in the box, 0 away from it, soft over a twentieth of the picture."""
    top, bottom, left, right = (round(part * size) for part in box)
    mask = np.zeros((size, size), np.float32)
    mask[top:bottom, left:right] = 1
    return np.asarray(cv2.GaussianBlur(mask, (0, 0), size / 28)[..., None], np.float32)


@torch.no_grad()
def person(generator: Generator, moves: Motion, eyes: Tensor) -> list[NDArray[np.uint8]]:
    """The generator's pictures."""
    draws = torch.Generator().manual_seed(SEED)
    ws = broadcast_w(generator, sample_w(generator, torch.randn(1, generator.z_dim, generator=draws), TRUNCATION))
    turn, smile, mouth = (load(Request(name))(ws, generator) - ws for name in ("head-turn", "smile", "open-mouth"))
    sides = torch.tensor(generator.ws_resolutions)
    lips = OPEN * mouth + SMILE * smile
    lids = BLINK * ((sides >= 8) & (sides <= 32))[:, None] * eyes
    boxes = [soft_box(box, generator.resolution) for box in (MOUTH, EYES)]
    pictures = []
    for frame in range(FRAMES):
        base = ws + moves.turn[frame] * turn
        moved = (base + moves.mouth[frame] * lips, base + moves.blink[frame] * lids)
        picture = to_image(generator.synthesis(base)).astype(np.float32)
        changes = [to_image(generator.synthesis(code)) - picture for code in moved]
        # Closed eyes come with a darker face; only the lids are wanted.
        changes[1] -= cv2.GaussianBlur(changes[1], (0, 0), generator.resolution / 18)
        for change, box in zip(changes, boxes, strict=True):
            picture += box * change
        pictures.append(np.clip(np.rint(picture), 0, 255).astype(np.uint8))
    return pictures


def composed(pictures: list[NDArray[np.uint8]], moves: Motion) -> list[NDArray[np.uint8]]:
    """The frames (SIDE, SIDE, 3)."""
    size = pictures[0].shape[0]
    frames = []
    for picture, (centre_x, centre_y, angle, scale) in zip(pictures, moves.place, strict=True):
        share = SPAN * scale / size
        cos, sin = share * np.cos(angle), share * np.sin(angle)
        middle = (size - 1) / 2
        placed = np.array(
            [
                [cos, -sin, centre_x - 0.5 - middle * (cos - sin)],
                [sin, cos, centre_y - 0.5 - middle * (sin + cos)],
            ]
        )
        sharp = cv2.GaussianBlur(picture, (0, 0), 0.4 / share)  # what the smaller frame can't hold
        frame = cv2.warpAffine(sharp, placed, (SIDE, SIDE), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
        frames.append(np.asarray(frame, np.uint8))
    return frames


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=CLIP)
    args = parser.parse_args()
    moves = motion()
    frames = composed(person(load_generator(LARGER[-1]), moves, eye_direction()), moves)
    write_clip(args.out, frames, RATE, speech(moves.mouth, RATE))
    with av.open(str(args.out)) as container:
        shown = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    (track,) = find_tracks(shown)
    print(f"{args.out}: {args.out.stat().st_size // 1000} KB, face found in {track.seen.sum()} of {len(shown)} frames")


if __name__ == "__main__":
    main()
