"""Train a small e4e, pSp or ReStyle for the default generator, on its own samples.

    python training/train_psp.py                          # then: steadyface edit --encoder small-restyle-e4e
    python training/train_psp.py --kind psp --rows 13 --out psp.safetensors

The networks are the published ones at a fraction of their width, for pictures of a quarter of the side; with a single
row, a code of W, as in the first stage of the published training of e4e, or with one for each of the generator's. In
the place of the losses on pictures, each of which costs a pass back through the generator, stand known codes: faces
are rendered once, clean and as a video may show them. The last layer begins as the principal components of the codes.

ReStyle is two copies of such a network, side by side in its arrays, of which one looks at the picture and the other
at the generator's: it adds to the code what the first reads and the second doesn't, until both read the same.
Taught on pairs of pictures instead, it learnt to see no more in two than in one, and did not iterate. Run again, the
script goes on where it stopped. What comes of photographs: `benchmarks/encoder.py --encoder small-restyle-e4e`.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F
from tqdm import tqdm

from describe_faces import degraded
from steadyface.gan.base import Generator, broadcast_w, sample_w
from steadyface.gan.load import load_generator
from steadyface.inversion.encoders import encoder_folder
from steadyface.inversion.psp import PspEncoder, save_encoder
from steadyface.inversion.psp_network import PspNetwork, Shape
from steadyface.memory import keep_freed_memory
from steadyface.optimise import Progress, optimise, ramp, step_rng
from steadyface.run import Run, StageCheckpoint

FACES, STEPS, BATCH, RATE = 8000, 6000, 16, 2e-3
WIDTH, COMPONENTS, SIDE = 16, 128, 64
MIXED = 0.5
"""Part of the codes with rows of two faces, where a network gives a row for each of the generator's."""
VIEWS = 3
"""Pictures of a face: the clean one first, then as a video may show it."""
HELD = 250
"""Faces that are not learnt from."""
STEP = 0.6
"""Of what ReStyle's two copies read apart, the part that an iteration adds; not a matter of training."""
CALIBRATION = 60
"""Batches that the normalisations' means and deviations are taken of, afterwards."""
SHARD = 250
"""Faces that are rendered between two saves."""

Faces = dict[str, Tensor]
"""``ws`` (N, rows, w_dim) and ``views`` (N, VIEWS, 3, SIDE, SIDE), uint8."""


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
def rendered(generator: Generator, rows: int, first: int) -> Faces:
    """A shard of codes, and their pictures, clean and as a video may show them."""
    ws, views = [], []
    for k in tqdm(range(first, first + SHARD), "faces", mininterval=30):
        code, rng = draw(generator, np.random.default_rng((17, k)), rows), np.random.default_rng((18, k))
        clean = generator.synthesis(code.expand(-1, generator.num_ws, -1)).clamp(-1, 1)
        ws.append(code)
        views.append(torch.stack([shrunk(clean), *(shrunk(degraded(clean, rng)) for _ in range(VIEWS - 1))]))
    return {"ws": torch.cat(ws), "views": torch.stack(views)}


def gathered(run: Run, generator: Generator, rows: int, count: int) -> Faces:
    """At least so many faces, shard by shard; more can be added later."""
    shards = [
        run.stage(f"faces-{rows}-{k}", f"{SHARD} {SIDE} {VIEWS}", lambda part, k=k: rendered(generator, rows, k))
        for k in range(0, count, SHARD)
    ]
    return {name: torch.cat([shard[name] for shard in shards]) for name in ("ws", "views")}


class Lessons:
    """Batches of pictures and of the offsets from the mean that a network should give, by the number of the step."""

    def __init__(self, mean: Tensor, faces: Faces) -> None:
        self.views, self.offsets = faces["views"], faces["ws"] - mean
        self.taught = len(self.offsets) - HELD
        self.deviation = self.offsets[: self.taught].flatten(0, 1).std(0)

    def batch(self, step: int, held: bool = False) -> tuple[Tensor, Tensor]:
        """(BATCH, 3, SIDE, SIDE) in [-1, 1], each in another light, and (BATCH, rows, w_dim)."""
        rng = step_rng(4 if held else 3, step)
        first, last = (self.taught, len(self.offsets)) if held else (0, self.taught)
        faces = torch.from_numpy(rng.integers(first, last, BATCH))
        pictures = self.views[faces, torch.from_numpy(rng.integers(VIEWS, size=BATCH))].float() / 127.5 - 1
        gain, light = rng.normal(1, 0.06, (BATCH, 3, 1, 1)), rng.normal(0, 0.05, (BATCH, 1, 1, 1))
        pictures = pictures * torch.from_numpy(gain).float() + torch.from_numpy(light).float()
        return pictures.clamp(-1, 1), self.offsets[faces]

    def missed(self, network: PspNetwork, step: int, held: bool = False) -> tuple[Tensor, float]:
        """The mean square of what the network's offsets miss, in deviations of the codes, and that of no offset."""
        pictures, offsets = self.batch(step, held)
        missed = (network(alone(pictures, network.shape)) - offsets) / self.deviation
        return missed.square().mean(), float((offsets / self.deviation).square().mean())

    def components(self, count: int) -> Tensor:
        """(w_dim, count): what differs most between codes, each as large as one deviation of it."""
        spread = (self.offsets[: self.taught].flatten(0, 1) / self.deviation).T.cov()
        values, vectors = torch.linalg.eigh(spread)
        return (self.deviation[:, None] * vectors * values.clamp(min=0).sqrt()).flip(1)[:, :count]


def alone(pictures: Tensor, shape: Shape) -> Tensor:
    """What one of ReStyle's copies is shown: a picture beside nothing."""
    return F.pad(pictures, (0, 0, 0, 0, 0, 3)) if shape.iterates else pictures


def begun(shape: Shape, lessons: Lessons) -> PspNetwork:
    """The network with `Lessons.components` as its last layer, each up and down.

    Rows that are offsets from the first one begin at none.
    """
    torch.manual_seed(1)
    network = PspNetwork(shape)
    columns = lessons.components(shape.head // 2)
    for row, head in enumerate(network.styles):
        begin = 0.0 if row and shape.progressive else 0.5 * shape.head**0.5
        with torch.no_grad():
            head.linear.weight.copy_(torch.cat([columns, -columns], dim=1) * begin)
    return network


def train(network: PspNetwork, lessons: Lessons, part: StageCheckpoint, steps: int) -> dict[str, Tensor]:
    """Descend on the error of the offsets; then settle the normalisations. Prints the part that is left of it."""
    seen: list[float] = []
    unmoved: list[float] = []

    def losses_at(step: int) -> dict[str, Tensor]:
        error, none = lessons.missed(network, step)
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
        network(alone(lessons.batch(step)[0], network.shape))
    network.eval()
    errors, none = zip(*(lessons.missed(network, step, held=True) for step in range(CALIBRATION)), strict=True)
    print(f"held-out faces: {float(torch.stack(errors).mean()) / np.mean(none):.3f} left", flush=True)


def twins(single: PspNetwork, step: float = STEP) -> PspNetwork:
    """ReStyle of two copies of a network that sees three channels: a part of what they read apart."""
    shape = replace(single.shape, width=2 * single.shape.width, head=2 * single.shape.head)
    both, one = PspNetwork(shape), single.state_dict()
    with torch.no_grad():
        for name, array in both.state_dict().items():
            half = one[name][:, :3] if name == "input_layer.0.weight" else one[name]
            if name.endswith("linear.weight"):  # scaled by the root of its inputs, twice as many
                array.copy_(torch.cat([half, -half], dim=1) * step * 2**0.5)
            elif name.endswith("linear.bias"):
                array.zero_()
            elif array.ndim == 4:
                array.zero_()
                array[: len(half), : half.shape[1]] = half
                array[len(half) :, half.shape[1] :] = half
            else:
                array.copy_(torch.cat([half, half]) if array.ndim else half)
    return both.eval()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kind", choices=("e4e", "psp", "restyle-e4e", "restyle-psp"), default="restyle-e4e")
    parser.add_argument("--rows", type=int, default=1, help="1 or, as many as the generator has, 13")
    parser.add_argument("--faces", type=int, default=FACES)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--step", type=float, default=STEP, help="of what ReStyle's copies read apart, the part added")
    parser.add_argument("--runs", type=Path, default=Path("training/runs/psp"))
    parser.add_argument("--out", type=Path, help="default: small-KIND, beside the imported encoders")
    args = parser.parse_args()
    keep_freed_memory()
    generator = load_generator("mobile-ffhq-256")
    if args.rows not in (1, generator.num_ws):
        parser.error(f"the generator has {generator.num_ws} rows: --rows 1 or {generator.num_ws}")
    run = Run.open(args.runs)
    lessons = Lessons(generator.w_mean, gathered(run, generator, args.rows, args.faces))
    shape = Shape(args.kind, args.rows, WIDTH, generator.w_dim, 2 * COMPONENTS, SIDE)
    network = begun(shape, lessons)
    key = f"{shape} {args.faces} {args.steps} {RATE} {BATCH}"
    network.load_state_dict(run.stage(args.kind, key, lambda part: train(network, lessons, part, args.steps)))
    network = twins(network, args.step) if shape.iterates else network
    out = args.out or encoder_folder() / f"small-{args.kind}.safetensors"
    out.parent.mkdir(parents=True, exist_ok=True)
    encoder = PspEncoder(network, generator.w_mean.repeat(args.rows, 1))
    save_encoder(encoder, out, "trained on samples of the default generator")
    print(out)


if __name__ == "__main__":
    main()
