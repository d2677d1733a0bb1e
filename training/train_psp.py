"""Train a small e4e, pSp or ReStyle for the default generator, on its own samples.

    python training/train_psp.py                          # then: steadyface edit --encoder small-restyle-e4e
    python training/train_psp.py --kind psp --rows 13 --out psp.safetensors

The networks are the published ones at a fraction of their width, for pictures of a quarter of the side; with a single
row, a code of W, as in the first stage of the published training of e4e, or with one for each of the generator's. In
the place of the losses on pictures, each of which costs a pass back through the generator, stand known codes: faces
are rendered once, clean and as a video may show them. The last layer begins as the principal components of the codes.
A network of a single row is then taught what the encoder that ships reads of the same faces in other colours and
before other walls: that one rests on features that were learnt on a million pictures, and says something of each.

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

from psp_faces import HEAD, RECOLOURED, SIDE, Faces, rendered_faces, reread_faces
from steadyface.gan.load import load_generator
from steadyface.inversion.encoders import encoder_folder
from steadyface.inversion.psp import PspEncoder, save_encoder
from steadyface.inversion.psp_network import PspNetwork, Shape
from steadyface.runs.run import Run, StageCheckpoint
from steadyface.runtime.memory import keep_freed_memory
from steadyface.runtime.optimise import Progress, optimise, ramp, step_rng

FACES, STEPS, BATCH, RATE = 8000, 6000, 16, 2e-3
STEPS_READ, RATE_READ = 5000, 1.5e-3
"""Of the second lesson, of what the encoder that ships reads."""
WIDTH, COMPONENTS = 16, 128
HELD = 250
"""Faces that are not learnt from."""
STEP = 0.6
"""Of what ReStyle's two copies read apart, the part that an iteration adds; not a matter of training."""
CALIBRATION = 60
"""Batches that the normalisations' means and deviations are taken of, afterwards."""


class Lessons:
    """Batches of pictures and of the offsets from the mean that a network should give, by the number of the step.

    ``relit`` shows each picture in another light.
    """

    def __init__(self, mean: Tensor, faces: Faces, *, relit: bool) -> None:
        self.views, self.relit = faces["views"], relit
        self.offsets = (faces["ws"] - mean).expand(-1, self.views.shape[1], -1, -1)
        self.taught = len(self.offsets) - HELD
        self.deviation = self.offsets[: self.taught].flatten(0, 2).std(0)

    def batch(self, step: int, held: bool = False) -> tuple[Tensor, Tensor]:
        """(BATCH, 3, SIDE, SIDE) in [-1, 1], and (BATCH, rows, w_dim)."""
        rng = step_rng(4 if held else 3, step)
        first, last = (self.taught, len(self.offsets)) if held else (0, self.taught)
        faces = torch.from_numpy(rng.integers(first, last, BATCH))
        view = torch.from_numpy(rng.integers(self.views.shape[1], size=BATCH))
        pictures = self.views[faces, view].float() / 127.5 - 1
        if self.relit:
            gain, light = rng.normal(1, 0.06, (BATCH, 3, 1, 1)), rng.normal(0, 0.05, (BATCH, 1, 1, 1))
            pictures = pictures * torch.from_numpy(gain).float() + torch.from_numpy(light).float()
        return pictures.clamp(-1, 1), self.offsets[faces, view]

    def missed(self, network: PspNetwork, step: int, held: bool = False) -> tuple[Tensor, float]:
        """The mean square of what the network's offsets miss, in deviations of the codes, and that of no offset."""
        pictures, offsets = self.batch(step, held)
        missed = (network(alone(pictures, network.shape)) - offsets) / self.deviation
        return missed.square().mean(), float((offsets / self.deviation).square().mean())

    def components(self, count: int) -> Tensor:
        """(w_dim, count): what differs most between codes, each as large as one deviation of it."""
        spread = (self.offsets[: self.taught, 0].flatten(0, 1) / self.deviation).T.cov()
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


def train(network: PspNetwork, lessons: Lessons, part: StageCheckpoint, steps: int, rate: float) -> dict[str, Tensor]:
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
        learning_rate=ramp(rate, steps, fall=0.7),
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
    parser.add_argument("--read", type=int, default=STEPS_READ, help="steps of the second lesson; 0 leaves it out")
    parser.add_argument("--step", type=float, default=STEP, help="of what ReStyle's copies read apart, the part added")
    parser.add_argument("--runs", type=Path, default=Path("training/runs/psp"))
    parser.add_argument("--out", type=Path, help="default: small-KIND, beside the imported encoders")
    args = parser.parse_args()
    keep_freed_memory()
    generator = load_generator("mobile-ffhq-256")
    if args.rows not in (1, generator.num_ws):
        parser.error(f"the generator has {generator.num_ws} rows: --rows 1 or {generator.num_ws}")
    run = Run.open(args.runs)
    faces = rendered_faces(run, generator, args.rows, args.faces)
    lessons = Lessons(generator.w_mean, faces, relit=True)
    shape = Shape(args.kind, args.rows, WIDTH, generator.w_dim, 2 * COMPONENTS, SIDE)
    network = begun(shape, lessons)
    key = f"{shape} {args.faces} {args.steps} {RATE} {BATCH}"
    network.load_state_dict(run.stage(args.kind, key, lambda part: train(network, lessons, part, args.steps, RATE)))
    if args.rows == 1 and args.read:
        lessons = Lessons(generator.w_mean, reread_faces(run, faces["views"]), relit=False)
        key += f" {args.read} {RATE_READ} {RECOLOURED} {HEAD}"
        network.load_state_dict(
            run.stage(f"{args.kind}-read", key, lambda part: train(network, lessons, part, args.read, RATE_READ))
        )
    network = twins(network, args.step) if shape.iterates else network
    out = args.out or encoder_folder() / f"small-{args.kind}.safetensors"
    out.parent.mkdir(parents=True, exist_ok=True)
    encoder = PspEncoder(network, generator.w_mean.repeat(args.rows, 1))
    save_encoder(encoder, out, "trained on samples of the default generator")
    print(out)


if __name__ == "__main__":
    main()
