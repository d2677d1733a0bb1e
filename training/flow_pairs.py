"""Pairs of pictures with known motion, for the training and the judging of flow networks.

A pair shows a background and soft-edged things before it, each with its own smooth motion; both pictures are sampled
from sources, so that the flow is exact and neither is the sharper one:

    b(q) = source(view(q)),   a(p) = source(view(p + flow(p)))   for every layer, with its coverage likewise.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from steadyface.flow.warp import warp

SIDE = 256
"""Side of all source pictures in pixels."""


def photographs(folder: Path) -> list[np.ndarray]:
    """Of each picture in the folder, the whole of it and its middle at full size: (3, 256, 256) uint8 each."""
    pictures = []
    for path in sorted(p for p in folder.iterdir() if p.suffix.lower() in {".jpg", ".jpeg", ".png"}):
        image = cv2.imread(str(path))[:, :, ::-1]
        side = min(image.shape[:2])
        top, left = (image.shape[0] - side) // 2, (image.shape[1] - side) // 2
        square = image[top : top + side, left : left + side]
        whole = cv2.resize(square, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
        margin = max(0, side - SIDE) // 2
        middle = square[margin : margin + SIDE, margin : margin + SIDE] if side >= SIDE else whole
        pictures += [whole.transpose(2, 0, 1), middle.transpose(2, 0, 1)]
    return pictures


def texture(rng: np.random.Generator) -> np.ndarray:
    """Coloured noise of all scales under some flat shapes: (3, 256, 256) uint8."""
    picture = np.zeros((SIDE, SIDE, 3), np.float32)
    for octave in range(2, 8):
        noise = rng.normal(size=(2**octave, 2**octave, 3)).astype(np.float32) * rng.uniform(0, 1.2) / octave
        picture += cv2.resize(noise, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
    for _ in range(rng.integers(0, 12)):
        points = rng.uniform(0, SIDE, 2) + rng.normal(scale=40, size=(rng.integers(3, 7), 2))
        cv2.fillPoly(picture, [points.astype(np.int32)], rng.normal(scale=0.8, size=3).tolist(), cv2.LINE_AA)
    return (128 + 90 * np.tanh(picture)).astype(np.uint8).transpose(2, 0, 1)


@dataclass(frozen=True)
class Pair:
    """Two pictures and the motion between them."""

    a: Tensor
    """(3, S, S) in [-1, 1]."""
    b: Tensor
    flow: Tensor
    """(2, S, S) in pixels: a(p) is b(p + flow(p))."""


def smooth_flow(rng: np.random.Generator, side: int, pixels: float) -> Tensor:
    """A shift, a turn, a stretch and a wavering, `pixels` long together in the root mean square: (2, side, side)."""
    knots = int(rng.integers(1, 1 + side // 32))  # a period is never shorter than about 64 px
    waver = torch.from_numpy(rng.normal(size=(1, 2, knots + 1, knots + 1)).astype(np.float32))
    waver = F.interpolate(waver, size=(side, side), mode="bicubic", align_corners=True)[0]
    axis = torch.linspace(-1, 1, side)
    where = torch.stack(torch.meshgrid(axis, axis, indexing="xy"))
    affine = torch.from_numpy(rng.normal(size=(2, 2)).astype(np.float32))
    shift = torch.from_numpy(rng.normal(size=(2, 1, 1)).astype(np.float32))
    parts = [shift.expand(2, side, side), torch.einsum("ij,jhw->ihw", affine, where), waver]
    shares = rng.dirichlet((0.7, 0.7, 0.7))
    flow = torch.zeros(2, side, side)
    for share, part in zip(shares, parts, strict=True):
        flow += float(share**0.5) * part / part.square().sum(0).mean().sqrt()
    flow = flow * pixels / flow.square().sum(0).mean().sqrt()
    steepest = max(float(flow.diff(dim=k).abs().max()) for k in (1, 2))
    return flow * min(1.0, 0.3 / max(steepest, 1e-6))  # steeper, and the picture would fold


def magnitude(rng: np.random.Generator) -> float:
    """Of one layer's motion in pixels, as in videos of faces: mostly below 4, some to 12."""
    return float(min(rng.exponential(2.2), 12.0))


def view(rng: np.random.Generator, side: int) -> Callable[[Tensor], Tensor]:
    """Where in its source a layer's points (2, S, S) in pixels lie, scaled and turned a little: a function of them."""
    scale, angle = float(np.exp(rng.uniform(np.log(0.6), np.log(1.3)))), float(rng.normal(scale=0.15))
    turn = scale * torch.tensor([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]], dtype=torch.float32)
    room = max(0.0, SIDE - scale * side)
    centre = torch.from_numpy(rng.uniform((SIDE - room) / 2, (SIDE + room) / 2, size=(2, 1, 1)).astype(np.float32))
    return lambda points: torch.einsum("ij,jhw->ihw", turn, points - (side - 1) / 2) + centre


def sample(source: Tensor, points: Tensor) -> Tensor:
    """`source` (C, 256, 256) at points (2, S, S) in its pixels, mirrored beyond its edges: (C, S, S)."""
    grid = ((2 * points + 1) / SIDE - 1).permute(1, 2, 0)[None]
    return F.grid_sample(source[None], grid, mode="bilinear", padding_mode="reflection", align_corners=False)[0]


def blob(rng: np.random.Generator, side: int) -> Callable[[Tensor], Tensor]:
    """The coverage in [0, 1] of a round thing with a wavy, soft edge, as a function of points (2, S, S)."""
    centre = torch.from_numpy(rng.uniform(0, side, size=(2, 1, 1)).astype(np.float32))
    radius, squeeze, tilt = rng.uniform(0.08, 0.4) * side, rng.uniform(0.5, 1.0), rng.uniform(0, np.pi)
    waves = [(int(k), rng.normal(scale=0.25 / k), rng.uniform(0, 2 * np.pi)) for k in range(2, 6)]
    softness = rng.uniform(0.4, 1.5)

    def coverage(points: Tensor) -> Tensor:
        x, y = points - centre
        along, across = x * np.cos(tilt) + y * np.sin(tilt), (y * np.cos(tilt) - x * np.sin(tilt)) / squeeze
        angle = torch.atan2(across, along)
        edge = radius * (1 + sum(size * torch.sin(k * angle + phase) for k, size, phase in waves))
        return torch.sigmoid((edge - torch.hypot(along, across)) / softness)[None]

    return coverage


def spoil(rng: np.random.Generator, image: Tensor) -> Tensor:
    """Noise and compression of a (3, S, S) picture in [-1, 1]."""
    image = image + float(rng.choice([0.0, 0.01, 0.03]) * rng.uniform()) * torch.from_numpy(
        rng.normal(size=image.shape).astype(np.float32)
    )
    if rng.uniform() < 0.3:
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(50, 96))]
        pixels = ((image.permute(1, 2, 0).numpy() + 1) * 127.5).round().clip(0, 255).astype(np.uint8)
        image = torch.from_numpy(cv2.imdecode(cv2.imencode(".jpg", pixels, quality)[1], cv2.IMREAD_COLOR))
        image = image.permute(2, 0, 1) / 127.5 - 1
    return image.clamp(-1, 1)


def light(rng: np.random.Generator, strength: float) -> Callable[[Tensor], Tensor]:
    """A change of contrast, brightness and colour of pictures in [-1, 1]."""
    gain = torch.from_numpy(np.exp(rng.normal(scale=strength) + rng.normal(scale=strength / 3, size=(3, 1, 1))))
    offset = torch.from_numpy(rng.normal(scale=strength) + rng.normal(scale=strength / 3, size=(3, 1, 1)))
    return lambda image: (image * gain + offset).float()


def layered_pair(rng: np.random.Generator, draw: Callable[[], Tensor], side: int, speed: float = 1.0) -> Pair:
    """A training pair of `side` pixels, sources (3, 256, 256) in [-1, 1] from `draw`, `speed` times as fast."""
    axis = torch.arange(side, dtype=torch.float32)
    place = torch.stack(torch.meshgrid(axis, axis, indexing="xy"))
    a = b = flow = torch.zeros(0)
    common = smooth_flow(rng, side, speed * magnitude(rng))
    for layer in range(1 + int(rng.choice([0, 1, 2, 3], p=[0.35, 0.35, 0.2, 0.1]))):
        motion = (
            common
            if layer == 0
            else smooth_flow(rng, side, speed * magnitude(rng)) + common * float(rng.integers(0, 2))
        )
        source, look = draw(), view(rng, side)
        seen_a, seen_b = sample(source, look(place + motion)), sample(source, look(place))
        if layer == 0:
            a, b, flow = seen_a, seen_b, motion
            continue
        coverage = blob(rng, side)
        over_a, over_b = coverage(place + motion), coverage(place)
        a, b = a.lerp(seen_a, over_a), b.lerp(seen_b, over_b)
        flow = torch.where(over_a > 0.5, motion, flow)
    both = light(rng, 0.2)
    a, b = light(rng, 0.03)(both(a)), light(rng, 0.03)(both(b))
    return Pair(spoil(rng, a), spoil(rng, b), flow)


def warped_pair(rng: np.random.Generator, source: Tensor) -> Pair:
    """A pair for the judging: a whole source (3, 256, 256) in [-1, 1] and its smooth warp, nothing else."""
    flow = smooth_flow(rng, SIDE, magnitude(rng))
    return Pair(warp(source[None], flow[None])[0], source, flow)
