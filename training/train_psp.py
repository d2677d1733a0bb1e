"""Train a small e4e, pSp or ReStyle for the default generator, on its own samples.

    python training/train_psp.py                          # then: steadyface edit --encoder small-restyle-e4e
    python training/train_psp.py --kind psp --rows 23 --out psp.safetensors

The networks are the published ones at an eighth of their width, for pictures of half the side; with a single row, a
code of W, as in the first stage of the published training of e4e, or with one for each of the generator's. In the place
of the losses on pictures, each of which costs a pass back through the generator, stand known codes: faces are rendered
once, some with codes that change from row to row, and each with a second one on its way to another face. ReStyle learns
from any two of them, what has to be added to the code of the one to get to the other. What is learnt are the principal
components of W: the last layer begins as their basis. Run again, it goes on where it stopped.

After 4,000 steps ReStyle's first look is of use and the others aren't: it has learnt .37 of the offsets between the
faces that it is taught, .16 between others (printed at the end). What it makes of photographs:
`benchmarks/encoder.py --encoder small-restyle-e4e`.
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
from steadyface.frames import to_image, to_tensor
from steadyface.gan.base import Generator, broadcast_w, sample_w
from steadyface.gan.load import load_generator
from steadyface.inversion.encoders import encoder_folder
from steadyface.inversion.psp import PspEncoder, save_encoder
from steadyface.inversion.psp_network import PspNetwork, Shape
from steadyface.memory import keep_freed_memory
from steadyface.optimise import Progress, optimise, ramp, step_rng
from steadyface.run import Run, StageCheckpoint

FACES, STEPS, BATCH, RATE = 1500, 4000, 16, 2e-3
WIDTH, COMPONENTS, SIDE = 8, 64, 128
MIXED, FAR, FROM_MEAN = 0.5, 0.6, 0.25
"""Parts: of codes with rows of two faces; of the way to another face, at most; of a batch that begins at the mean."""
VIEWS = 3
"""Pictures of a face: the clean one first, then as a video may show it."""
HELD = 100
"""Faces that are not learnt from."""
CALIBRATION = 40
"""Batches that the normalisations' means and deviations are taken of, afterwards."""

Faces = dict[str, Tensor]
"""``ws`` (2 N, rows, w_dim) and ``images`` (2 N, 256, 256, 3), uint8: N faces, then one near each."""


def draw(generator: Generator, rng: np.random.Generator) -> Tensor:
    """One code (1, rows, w_dim): of a face, or of two, one for the shape and one for the colours."""
    z = torch.from_numpy(rng.standard_normal((2, generator.z_dim))).float()
    first, second = (broadcast_w(generator, w) for w in sample_w(generator, z, float(rng.uniform(0.5, 0.9))).split(1))
    if rng.random() < MIXED:
        cut = int(rng.integers(2, generator.num_ws))
        return torch.cat([first[:, :cut], first[:, cut:].lerp(second[:, cut:], float(rng.uniform(0.2, 1)))], dim=1)
    return first


@torch.no_grad()
def rendered(generator: Generator, count: int) -> Faces:
    """Draw codes and render them."""
    codes = [draw(generator, np.random.default_rng((17, k))) for k in range(count)]
    ways = [float(np.random.default_rng((18, k)).uniform(0.05, FAR)) for k in range(count)]
    codes += [code.lerp(codes[k - 1], ways[k]) for k, code in enumerate(codes)]
    images = [torch.from_numpy(to_image(generator.synthesis(code))) for code in tqdm(codes, "faces", mininterval=10)]
    return {"ws": torch.cat(codes), "images": torch.stack(images)}


def shrunk(image: Tensor) -> Tensor:
    """(1, 3, R, R) in [-1, 1] -> (3, SIDE, SIDE), uint8."""
    small = F.adaptive_avg_pool2d(image, SIDE)[0]
    return ((small + 1) * 127.5).round().clamp(0, 255).byte()


@torch.no_grad()
def viewed(faces: Faces) -> dict[str, Tensor]:
    """``views`` (2 N, VIEWS, 3, SIDE, SIDE), uint8."""
    views = []
    for index, image in enumerate(tqdm(faces["images"], "views", mininterval=10)):
        rng, clean = np.random.default_rng((19, index)), to_tensor(image.numpy())
        views.append(torch.stack([shrunk(clean), *(shrunk(degraded(clean, rng)) for _ in range(VIEWS - 1))]))
    return {"views": torch.stack(views)}


class Lessons:
    """Batches of pictures and of the offsets that the network should give, by the number of the step."""

    def __init__(self, generator: Generator, shape: Shape, views: Tensor, ws: Tensor) -> None:
        self.shape, self.views = shape, views
        self.codes = ws.mean(1, keepdim=True) if shape.rows == 1 else ws
        self.mean, self.std = generator.w_mean, generator.w_std
        with torch.no_grad():
            self.start = shrunk(generator.synthesis(broadcast_w(generator, self.mean[None])).clamp(-1, 1))

    def one(self, rng: np.random.Generator, held: bool) -> tuple[Tensor, Tensor]:
        """A picture, with the one before it for ReStyle, and the offset."""
        count = len(self.codes) // 2
        first, last = (count - HELD, count) if held else (0, count - HELD)
        index = int(rng.integers(first, last))
        picture, code = self.views[index, rng.integers(VIEWS)], self.codes[index]
        if not self.shape.iterates:
            return picture, code - self.mean
        if rng.random() < FROM_MEAN:
            return torch.cat([picture, self.start]), code - self.mean
        other = int(rng.choice([index, rng.integers(first, last)])) + count
        return torch.cat([picture, self.views[other, 0]]), code - self.codes[other]

    def batch(self, step: int, held: bool = False) -> tuple[Tensor, Tensor]:
        """(B, 3 or 6, SIDE, SIDE) in [-1, 1] and (B, rows, w_dim)."""
        rng = step_rng(4 if held else 3, step)
        pictures, offsets = zip(*(self.one(rng, held) for _ in range(BATCH)), strict=True)
        return torch.stack(pictures).float() / 127.5 - 1, torch.stack(offsets)

    def error(self, network: PspNetwork, step: int, held: bool = False) -> tuple[Tensor, float]:
        """Mean squared error of the offsets in deviations of W, and that of no offset."""
        pictures, offsets = self.batch(step, held)
        scaled = offsets / self.std
        return (network(pictures) / self.std - scaled).square().mean(), float(scaled.square().mean())


def begun(shape: Shape, lessons: Lessons) -> PspNetwork:
    """The network with the principal components of W as its last layer, each up and down.

    Rows that are offsets from the first one begin at none.
    """
    torch.manual_seed(1)
    network = PspNetwork(shape)
    w = lessons.codes.mean(1)
    _, sizes, basis = torch.linalg.svd((w - lessons.mean) / lessons.std, full_matrices=False)
    columns = lessons.std[:, None] * basis[:COMPONENTS].T * sizes[:COMPONENTS] / len(w) ** 0.5
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
    faces = run.stage("faces", f"{args.faces}", lambda part: rendered(generator, args.faces))
    seen = run.stage("views", f"{args.faces} {SIDE} {VIEWS}", lambda part: viewed(faces))
    shape = Shape(args.kind, args.rows, WIDTH, generator.w_dim, 2 * COMPONENTS, SIDE)
    lessons = Lessons(generator, shape, seen["views"], faces["ws"])
    network = begun(shape, lessons)

    def work(part: StageCheckpoint) -> Mapping[str, Tensor]:
        return train(network, lessons, part, args.steps)

    key = f"{shape} {args.faces} {args.steps} {RATE} {BATCH}"
    network.load_state_dict(run.stage(args.kind, key, lambda part: dict(work(part))))
    out = args.out or encoder_folder() / f"small-{args.kind}.safetensors"
    out.parent.mkdir(parents=True, exist_ok=True)
    save_encoder(
        PspEncoder(network, lessons.mean.repeat(args.rows, 1)), out, "trained on samples of the default generator"
    )
    print(out)


if __name__ == "__main__":
    main()
