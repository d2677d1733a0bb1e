"""What `train_psp.py` teaches by: generated faces beside their codes, and beside what the encoder that ships reads.

Both are made in shards and kept, so that more can be added later.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F
from tqdm import tqdm

from describe_faces import degraded
from steadyface.critics.lpips import Lpips
from steadyface.gan.base import Generator, broadcast_w, sample_w
from steadyface.inversion.encoder import Encoder
from steadyface.runs.run import Run, Tensors

SIDE = 64
"""Of the pictures, in pixels."""
MIXED = 0.5
"""Part of the codes with rows of two faces, where a network gives a row for each of the generator's."""
VIEWS = 3
"""Pictures of a face: the clean one first, then as a video may show it."""
RECOLOURED = 4
"""Pictures of a face that the encoder reads: the clean one first, then in the colours of other cameras."""
HEAD = (0.5, 0.5, 0.34, 0.48)
"""The ellipse that stays before another wall, in sides of a crop: its centre and half axes, x and y of each."""
SHARD = 250
"""Faces that are made between two saves."""

Faces = dict[str, Tensor]
"""``ws`` (N, 1 or views, rows, w_dim), of all of a face's pictures or of each, and ``views`` (N, views, 3, SIDE, SIDE),
uint8."""


def draw(generator: Generator, rng: np.random.Generator, rows: int) -> Tensor:
    """One code (1, rows, w_dim): of a face, or of two, one for the shape and one for the colours."""
    z = torch.from_numpy(rng.standard_normal((2, generator.z_dim))).float()
    w, other = sample_w(generator, z, float(rng.uniform(0.5, 0.9))).split(1)
    if rows == 1:
        return w[:, None]
    first, second = broadcast_w(generator, w), broadcast_w(generator, other)
    if rng.random() < MIXED:
        cut = int(rng.integers(2, generator.num_ws))
        first = torch.cat([first[:, :cut], first[:, cut:].lerp(second[:, cut:], float(rng.uniform(0.2, 1)))], dim=1)
    return first


def shrunk(image: Tensor) -> Tensor:
    """(1, 3, R, R) in [-1, 1] -> (3, SIDE, SIDE), uint8."""
    small = F.adaptive_avg_pool2d(image, SIDE)[0]
    return ((small + 1) * 127.5).round().clamp(0, 255).byte()


@torch.no_grad()
def rendered(generator: Generator, rows: int, first: int) -> Tensors:
    """A shard of codes (SHARD, rows, w_dim), and their pictures, clean and as a video may show them."""
    ws, views = [], []
    for k in tqdm(range(first, first + SHARD), "faces", mininterval=30):
        code, rng = draw(generator, np.random.default_rng((17, k)), rows), np.random.default_rng((18, k))
        clean = generator.synthesis(code.expand(-1, generator.num_ws, -1)).clamp(-1, 1)
        ws.append(code)
        views.append(torch.stack([shrunk(clean), *(shrunk(degraded(clean, rng)) for _ in range(VIEWS - 1))]))
    return {"ws": torch.cat(ws), "views": torch.stack(views)}


def rendered_faces(run: Run, generator: Generator, rows: int, count: int) -> Faces:
    """At least so many faces beside their codes of one or all rows."""
    key = f"{SHARD} {SIDE} {VIEWS}"
    shards = [
        run.stage(f"faces-{rows}-{first}", key, lambda _, first=first: rendered(generator, rows, first))
        for first in range(0, count, SHARD)
    ]
    return joined(shards, 1)


def recoloured(view: Tensor, other: Tensor, rng: np.random.Generator) -> Tensor:
    """A face (3, SIDE, SIDE) in [-1, 1] in the colours of some camera, at times before a wall or another picture."""
    if rng.random() < 0.5:
        x, y = np.meshgrid(*[(np.arange(SIDE) + 0.5) / SIDE] * 2)
        centre, axes = np.array(HEAD[:2]), np.array(HEAD[2:]) * np.exp(rng.normal(0, 0.1, 2))
        radius = np.hypot((x - centre[0]) / axes[0], (y - centre[1]) / axes[1])
        head = torch.from_numpy(np.clip((1 - radius) * 6 + 0.5, 0, 1)).float()
        wall = torch.from_numpy(rng.uniform(-1, 1, (3, 2, 2))).float()
        plain = F.interpolate(wall[None], (SIDE, SIDE), mode="bilinear", align_corners=True)[0]
        view = view * head + torch.lerp(plain, other, float(rng.choice([0, 0, 0.3, 1]))) * (1 - head)
    bright = (view + 1) / 2
    gamma, gain = np.exp(rng.normal(0, 0.2)), torch.from_numpy(np.exp(rng.normal(0, 0.2, (3, 1, 1)))).float()
    grey = bright.mean(0, keepdim=True)
    bright = grey + (bright - grey) * float(np.exp(rng.normal(0, 0.3)))
    return (bright.clamp(1e-3, 1) ** gamma * gain * 2 - 1).clamp(-1, 1)


@torch.no_grad()
def read(encoder: Encoder, views: Tensor, first: int) -> Tensors:
    """What ``encoder`` says (SHARD, RECOLOURED, w_dim) of pictures of a shard's faces, and those."""
    pictures, codes = [], []
    for k in tqdm(range(len(views)), "read", mininterval=30):
        rng = np.random.default_rng((19, first + k))
        seen = views[k].float() / 127.5 - 1
        other = views[(k + 1) % len(views), 0].float() / 127.5 - 1
        new = [recoloured(seen[int(rng.integers(len(seen)))], other, rng) for _ in range(RECOLOURED - 1)]
        of_face = torch.stack([seen[0], *new])
        pictures.append(((of_face + 1) * 127.5).round().byte())
        codes.append(encoder(F.interpolate(of_face, scale_factor=4, mode="bicubic", align_corners=False).clamp(-1, 1)))
    return {"ws": torch.stack(codes), "views": torch.stack(pictures)}


def reread_faces(run: Run, views: Tensor) -> Faces:
    """The same faces in other colours, beside what the encoder that ships reads: one row."""
    encoder, key = Encoder(Lpips("alex")), f"{SHARD} {SIDE} {RECOLOURED} {HEAD}"
    shards = [
        run.stage(f"read-{first}", key, lambda _, first=first: read(encoder, views[first : first + SHARD], first))
        for first in range(0, len(views), SHARD)
    ]
    return joined(shards, 2)


def joined(shards: Sequence[Tensors], missing: int) -> Faces:
    """One after the other, with the dimension of ``ws`` that each is of one."""
    whole = {name: torch.cat([shard[name] for shard in shards]) for name in ("ws", "views")}
    return whole | {"ws": whole["ws"].unsqueeze(missing)}
