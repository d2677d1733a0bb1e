"""Train a small e4e, pSp or ReStyle for the default generator, on its own samples.

    python training/train_psp.py                          # then: steadyface edit --encoder small-restyle-e4e
    python training/train_psp.py --kind psp --rows 23 --out psp.safetensors

The networks are the published ones at an eighth of their width, for pictures of half the side; with a single row, a
code of W, as in the first stage of the published training of e4e, or with one for each of the generator's. In the
place of the losses on pictures, each of which costs a pass back through the generator, stand known codes, whose
distance is counted as LPIPS sees it: faces are rendered once, some with codes that change from row to row, each with
a second one on its way to another face. ReStyle learns from any two of them, what has to be added to the code of the
one to get to the other. The last layer begins as the components that differ most to the eye. Run again, it goes on
where it stopped.

After 5,000 steps on 4,000 faces ReStyle has learnt .42 of the offsets between faces that it has not seen (printed at
the end). Its first look is of use, the others are not: docs/method.md, "ReStyle that doesn't iterate". What it makes
of photographs: `benchmarks/encoder.py --encoder small-restyle-e4e`.
"""

import argparse
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F
from tqdm import tqdm

from describe_faces import degraded
from steadyface.critics.lpips import Lpips
from steadyface.gan.base import Generator, broadcast_w, sample_w
from steadyface.gan.load import load_generator
from steadyface.inversion.encoders import encoder_folder
from steadyface.inversion.psp import PspEncoder, save_encoder
from steadyface.inversion.psp_network import PspNetwork, Shape
from steadyface.memory import keep_freed_memory
from steadyface.optimise import Progress, optimise, ramp, step_rng
from steadyface.run import Run, StageCheckpoint

FACES, STEPS, BATCH, RATE = 4000, 5000, 16, 2e-3
WIDTH, COMPONENTS, SIDE = 8, 64, 128
MIXED, FAR, FROM_MEAN = 0.5, 0.6, 0.25
"""Parts: of codes with rows of two faces; of the way to another face, at most; of a batch that begins at the mean."""
CLUTTER = 0.5
"""Part of the pictures that something else reaches into."""
VIEWS = 3
"""Pictures of a face: the clean one first, then as a video may show it."""
HELD = 200
"""Pictures that are not learnt from."""
LOOKS, BLIND = 800, 0.1
"""Samples of what changes are seen, and the part of the error that counts all changes of a code alike."""
CALIBRATION = 40
"""Batches that the normalisations' means and deviations are taken of, afterwards."""

SHARD = 250
"""Faces that are rendered between two saves."""

Faces = dict[str, Tensor]
"""``ws`` (2 N, rows, w_dim), ``views`` (2 N, VIEWS, 3, SIDE, SIDE), uint8: every second is near the one before it."""


def draw(generator: Generator, rng: np.random.Generator) -> Tensor:
    """One code (1, rows, w_dim): of a face, or of two, one for the shape and one for the colours."""
    z = torch.from_numpy(rng.standard_normal((2, generator.z_dim))).float()
    first, second = (broadcast_w(generator, w) for w in sample_w(generator, z, float(rng.uniform(0.5, 0.9))).split(1))
    if rng.random() < MIXED:
        cut = int(rng.integers(2, generator.num_ws))
        return torch.cat([first[:, :cut], first[:, cut:].lerp(second[:, cut:], float(rng.uniform(0.2, 1)))], dim=1)
    return first


def shrunk(image: Tensor) -> Tensor:
    """(1, 3, R, R) in [-1, 1] -> (3, SIDE, SIDE), uint8."""
    small = F.adaptive_avg_pool2d(image, SIDE)[0]
    return ((small + 1) * 127.5).round().clamp(0, 255).byte()


@torch.no_grad()
def rendered(generator: Generator, first: int, count: int) -> Faces:
    """Draw codes, and one near each; render them, clean and as a video may show them."""
    ws, views = [], []
    for k in tqdm(range(first, first + count), "faces", mininterval=30):
        code, other = (draw(generator, np.random.default_rng((17, index))) for index in (k, max(k - 1, 0)))
        rng = np.random.default_rng((18, k))
        for each in (code, code.lerp(other, float(rng.uniform(0.05, FAR)))):
            clean = generator.synthesis(each).clamp(-1, 1)
            ws.append(each)
            views.append(torch.stack([shrunk(clean), *(shrunk(degraded(clean, rng)) for _ in range(VIEWS - 1))]))
    return {"ws": torch.cat(ws), "views": torch.stack(views)}


def gathered(run: Run, generator: Generator, count: int) -> Faces:
    """At least so many faces, shard by shard; more can be added later."""
    key = f"{SHARD} {SIDE} {VIEWS}"
    shards = [
        run.stage(f"faces-{first}", key, lambda part, first=first: rendered(generator, first, SHARD))
        for first in range(0, count, SHARD)
    ]
    return {name: torch.cat([shard[name] for shard in shards]) for name in ("ws", "views")}


def seen_change(generator: Generator, lpips: Lpips) -> Tensor:
    """(w_dim, w_dim): LPIPS of a small offset in W is about ``offset @ m @ offset``, in the mean of faces.

    LPIPS is a squared distance of weighed features T(image), and m the mean of J^T J for their Jacobian J. Each v J,
    for a random v, is a sample of its rows.
    """
    rows = []
    for face in tqdm(range(LOOKS // 4), "looks", mininterval=30):
        rng = np.random.default_rng((20, face))
        w = draw(generator, rng).mean(1).requires_grad_()
        image = F.adaptive_avg_pool2d(generator.synthesis(broadcast_w(generator, w)), SIDE)
        levels = zip(lpips.features(image), lpips.heads, strict=True)
        features = torch.cat([(x * (head / x[0, 0].numel()).sqrt()[0]).flatten() for x, head in levels])
        for _ in range(4):
            v = torch.from_numpy(rng.standard_normal(len(features))).float()
            rows.append(torch.autograd.grad(features @ v, w, retain_graph=True)[0])
    looks = torch.cat(rows)
    return looks.T @ looks / len(looks)


class Measure:
    """How far codes are apart as LPIPS sees it, up to a part in deviations of W; 1 for two strangers in the mean."""

    def __init__(self, codes: Tensor, seen: Tensor) -> None:
        """Of codes (N, w_dim) and of `seen_change`."""
        self.spread = codes.T.cov() + 1e-6 * torch.eye(codes.shape[1])
        whitened = torch.eye(codes.shape[1]) / self.spread.diagonal() / codes.shape[1]
        self.matrix = (1 - BLIND) * seen / (seen * self.spread).sum() + BLIND * whitened

    def __call__(self, offsets: Tensor) -> Tensor:
        """(..., w_dim) -> (...)."""
        return ((offsets @ self.matrix) * offsets).sum(-1) / 2

    def components(self, count: int) -> Tensor:
        """(w_dim, count): what differs most between faces, to the eye; each as large as one deviation of it."""
        values, vectors = torch.linalg.eigh(self.spread)
        root = vectors * values.clamp(min=0).sqrt() @ vectors.T
        directions = torch.linalg.eigh(root @ self.matrix @ root).eigenvectors.flip(1)
        return root @ directions[:, :count]


class Lessons:
    """Batches of pictures and of the offsets that the network should give, by the number of the step."""

    def __init__(self, generator: Generator, shape: Shape, faces: Faces, measure: Measure) -> None:
        self.shape, self.views, self.measure = shape, faces["views"], measure
        self.codes = faces["ws"].mean(1, keepdim=True) if shape.rows == 1 else faces["ws"]
        self.mean = generator.w_mean
        with torch.no_grad():
            self.start = shrunk(generator.synthesis(broadcast_w(generator, self.mean[None])).clamp(-1, 1))

    def one(self, rng: np.random.Generator, held: bool) -> tuple[Tensor, Tensor]:
        """A picture, with the one before it for ReStyle, and the offset."""
        first, last = (len(self.codes) - HELD, len(self.codes)) if held else (0, len(self.codes) - HELD)
        index = int(rng.integers(first, last))
        picture, code = self.cluttered(self.views[index, rng.integers(VIEWS)], rng), self.codes[index]
        if not self.shape.iterates:
            return picture, code - self.mean
        if rng.random() < FROM_MEAN:
            return torch.cat([picture, self.start]), code - self.mean
        other = int(rng.choice([index ^ 1, rng.integers(first, last)]))
        return torch.cat([picture, self.views[other, 0]]), code - self.codes[other]

    def cluttered(self, picture: Tensor, rng: np.random.Generator) -> Tensor:
        """Sometimes something of another picture reaches in from the left or the right, which no code accounts for.

        Photographs are full of that; what isn't in the faces that it learns from, a network takes for an offset, again
        in every iteration.
        """
        if rng.random() > CLUTTER:
            return picture
        other = self.views[rng.integers(len(self.views) - HELD), 0]
        height, width = rng.integers(SIDE // 8, SIDE), rng.integers(SIDE // 16, SIDE // 3)
        top, left = rng.integers(0, SIDE - height + 1), rng.choice([0, SIDE - width])
        place = (slice(None), slice(top, top + height), slice(left, left + width))
        picture = picture.clone()
        picture[place] = other[place]
        return picture

    def batch(self, step: int, held: bool = False) -> tuple[Tensor, Tensor]:
        """(B, 3 or 6, SIDE, SIDE) in [-1, 1] and (B, rows, w_dim)."""
        rng = step_rng(4 if held else 3, step)
        pictures, offsets = zip(*(self.one(rng, held) for _ in range(BATCH)), strict=True)
        return torch.stack(pictures).float() / 127.5 - 1, torch.stack(offsets)

    def error(self, network: PspNetwork, step: int, held: bool = False) -> tuple[Tensor, float]:
        """The mean measure of what the offsets miss, and that of no offset."""
        pictures, offsets = self.batch(step, held)
        return self.measure(network(pictures) - offsets).mean(), float(self.measure(offsets).mean())


def begun(shape: Shape, lessons: Lessons) -> PspNetwork:
    """The network with `Measure.components` as its last layer, each up and down.

    Rows that are offsets from the first one begin at none.
    """
    torch.manual_seed(1)
    network = PspNetwork(shape)
    columns = lessons.measure.components(COMPONENTS)
    for row, head in enumerate(network.styles):
        begin = 0.0 if row and shape.progressive else shape.head**0.5
        with torch.no_grad():
            head.linear.weight.copy_(torch.cat([columns, -columns], dim=1) * begin)
    return network


def train(network: PspNetwork, lessons: Lessons, part: StageCheckpoint, steps: int) -> dict[str, Tensor]:
    """Descend on the error of the offsets; then settle the normalisations. Prints the part that is left of it."""
    seen: list[float] = []
    unmoved: list[float] = []

    def losses_at(step: int) -> dict[str, Tensor]:
        error, none = lessons.error(network, step)
        unmoved.append(none)
        return {"code": error}

    def show(progress: Progress) -> None:
        seen.append(progress.losses["code"])
        if progress.step % 100 == 0:
            print(f"  {progress.step:5d} {np.mean(seen[-100:]) / np.mean(unmoved[-100:]):.3f} left", flush=True)

    network.train()
    optimise(
        "encoder",
        losses_at,
        dict(network.named_parameters()),
        steps=steps,
        rate=ramp(RATE, steps, fall=0.7),
        checkpoint=part,
        watch=show,
    )
    settle(network, lessons, steps)
    return network.state_dict()


@torch.no_grad()
def settle(network: PspNetwork, lessons: Lessons, first: int) -> None:
    """Means and deviations of the normalisations over new batches: those kept while training are lost when it stops."""
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.reset_running_stats()
            module.momentum = None  # a plain average
    for step in range(first, first + CALIBRATION):
        network(lessons.batch(step)[0])
    network.eval()
    errors, none = zip(*(lessons.error(network, step, held=True) for step in range(CALIBRATION)), strict=True)
    print(f"held-out faces: {float(torch.stack(errors).mean()) / np.mean(none):.3f} left", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kind", choices=("e4e", "psp", "restyle-e4e", "restyle-psp"), default="restyle-e4e")
    parser.add_argument("--rows", type=int, default=1, help="1, or as many as the generator has")
    parser.add_argument("--faces", type=int, default=FACES)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--runs", type=Path, default=Path("training/runs/psp"))
    parser.add_argument("--out", type=Path, help="default: small-KIND, beside the imported encoders")
    args = parser.parse_args()
    keep_freed_memory()
    generator = load_generator("mobile-ffhq-256")
    run = Run.open(args.runs)
    faces = gathered(run, generator, args.faces)
    shape = Shape(args.kind, args.rows, WIDTH, generator.w_dim, 2 * COMPONENTS, SIDE)
    looks = run.stage("looks", f"{LOOKS}", lambda part: {"seen": seen_change(generator, Lpips("alex"))})
    lessons = Lessons(generator, shape, faces, Measure(faces["ws"].mean(1), looks["seen"]))
    network = begun(shape, lessons)

    def work(part: StageCheckpoint) -> Mapping[str, Tensor]:
        return train(network, lessons, part, args.steps)

    key = f"{shape} {args.faces} {args.steps} {RATE} {BATCH} {BLIND} {CLUTTER}"
    network.load_state_dict(run.stage(args.kind, key, lambda part: dict(work(part))))
    out = args.out or encoder_folder() / f"small-{args.kind}.safetensors"
    out.parent.mkdir(parents=True, exist_ok=True)
    save_encoder(
        PspEncoder(network, lessons.mean.repeat(args.rows, 1)), out, "trained on samples of the default generator"
    )
    print(out)


if __name__ == "__main__":
    main()
