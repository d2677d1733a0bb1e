"""Train a small e4e, pSp or ReStyle for the default generator, on its own samples.

    python training/train_psp.py                          # then: steadyface edit --encoder small-restyle-e4e
    python training/train_psp.py --kind e4e --steps 3000

The networks are the published ones at an eighth of their width. In the place of the losses on pictures, each of which
costs a pass back through the generator, stand known codes: faces are rendered once, some with codes that change from
row to row, and each with a second one on its way to another face. ReStyle learns from any two of them, what has to be
added to the code of the one to get to the other. Run again, it goes on where it stopped; LPIPS on photographs:
`benchmarks/encoder.py --encoder small-restyle-e4e`.
"""

import argparse
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
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

FACES, STEPS, BATCH, RATE = 1500, 1800, 8, 2e-3
WIDTH, HEAD = 8, 64
MIXED, FAR, FROM_MEAN = 0.5, 0.6, 0.25
"""Parts: of codes with rows of two faces; of the way to another face, at most; of a batch that begins at the mean."""
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


class Lessons:
    """Batches of pictures and of the offsets that the network should give, by the number of the step."""

    def __init__(self, generator: Generator, shape: Shape, faces: Faces) -> None:
        self.shape, self.faces = shape, faces
        self.mean = broadcast_w(generator, generator.w_mean[None])
        self.std = generator.w_std
        with torch.no_grad():
            self.start = generator.synthesis(self.mean).clamp(-1, 1)

    def picture(self, index: int) -> Tensor:
        """(1, 3, 256, 256) in [-1, 1]."""
        return to_tensor(self.faces["images"][index].numpy())

    def one(self, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        """A picture, with the one before it for ReStyle, and the offset."""
        count = len(self.faces["ws"]) // 2
        index = int(rng.integers(count))
        picture, code = self.picture(index), self.faces["ws"][index : index + 1]
        if rng.random() < 0.7:
            picture = degraded(picture, rng)
        if not self.shape.iterates:
            return picture, code - self.mean
        other = int(rng.choice([index + count, rng.integers(2 * count)]))
        if rng.random() < FROM_MEAN:
            return torch.cat([picture, self.start], dim=1), code - self.mean
        return torch.cat([picture, self.picture(other)], dim=1), code - self.faces["ws"][other : other + 1]

    def batch(self, step: int) -> tuple[Tensor, Tensor]:
        """(B, 3 or 6, 256, 256) and (B, rows, w_dim)."""
        rng = step_rng(3, step)
        pictures, offsets = zip(*(self.one(rng) for _ in range(BATCH)), strict=True)
        return torch.cat(pictures), torch.cat(offsets)


def train(network: PspNetwork, lessons: Lessons, part: StageCheckpoint, steps: int) -> dict[str, Tensor]:
    """Descend on the squared error of the offsets, in deviations of W; then settle the normalisations.

    Prints the error beside that of no offset at all.
    """
    seen: list[float] = []
    unmoved: list[float] = []

    def losses_at(step: int) -> dict[str, Tensor]:
        pictures, offsets = lessons.batch(step)
        unmoved.append(float((offsets / lessons.std).square().mean()))
        return {"code": ((network(pictures) - offsets) / lessons.std).square().mean()}

    def show(progress: Progress) -> None:
        seen.append(progress.losses["code"])
        if progress.step % 50 == 0:
            print(f"  {progress.step:5d} {np.mean(seen[-50:]):.4f}, of none {np.mean(unmoved[-50:]):.4f}", flush=True)

    network.train()
    optimise(
        "encoder",
        losses_at,
        dict(network.named_parameters()),
        steps=steps,
        rate=ramp(RATE, steps),
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kind", choices=("e4e", "psp", "restyle-e4e", "restyle-psp"), default="restyle-e4e")
    parser.add_argument("--faces", type=int, default=FACES)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--runs", type=Path, default=Path("training/runs/psp"))
    parser.add_argument("--out", type=Path, help="default: small-KIND, beside the imported encoders")
    args = parser.parse_args()
    keep_freed_memory()
    generator = load_generator("mobile-ffhq-256")
    run = Run.open(args.runs)
    faces = run.stage("faces", f"{args.faces}", lambda part: rendered(generator, args.faces))
    shape = Shape(args.kind, generator.num_ws, WIDTH, generator.w_dim, HEAD)
    torch.manual_seed(1)
    network, lessons = PspNetwork(shape), Lessons(generator, shape, faces)

    def work(part: StageCheckpoint) -> Mapping[str, Tensor]:
        return train(network, lessons, part, args.steps)

    key = f"{shape} {args.faces} {args.steps} {RATE} {BATCH}"
    network.load_state_dict(run.stage(args.kind, key, lambda part: dict(work(part))))
    out = args.out or encoder_folder() / f"small-{args.kind}.safetensors"
    out.parent.mkdir(parents=True, exist_ok=True)
    save_encoder(PspEncoder(network, lessons.mean[0].clone()), out, "trained on samples of the default generator")
    print(out)


if __name__ == "__main__":
    main()
