"""Distil the 256 px head of the default generator from its 1024 px image.

Student: the trunk up to 32 px is the teacher's and frozen; the blocks at 64 and 128 px start as the teacher's;
`Refine` starts at random, the colours from least squares. Target: the 1024 px image, area-downsampled by four.
Loss: the logarithm of the mean squared error, which is what PSNR averages, + LPIPS (AlexNet).

    python training/distil_head.py targets --runs training/runs/head --count 3000
    python training/distil_head.py train   --runs training/runs/head --steps 4000
    python training/distil_head.py eval    --runs training/runs/head

The head that ships went on from an earlier one (--further, 1400 targets, --batch 2, --rate 7e-4): --steps 1000 with
--pixels .25, to 1180 with .5, to 1400 with 2: at the end LPIPS had room and PSNR had not.

Resumable: both stages go on where they stopped. Codes are seeded; the 200 of `eval` are never trained on.
"""

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.nn import functional as F

from steadyface.critics.lpips import Lpips
from steadyface.gan.base import broadcast_w, sample_w
from steadyface.gan.layers import forward_haar
from steadyface.gan.load import load_generator
from steadyface.gan.mobile_stylegan import MobileStyleGAN
from steadyface.gan.models import WEIGHTS

HELD_OUT = 200
TRAINED = ("blocks.3.", "blocks.4.", "refine.", "to_image.")


def codes(teacher: MobileStyleGAN, count: int) -> Tensor:
    """Seeded W codes with truncation between .5 and 1; the first `HELD_OUT` are kept for the evaluation."""
    generator = torch.Generator().manual_seed(1)
    z = torch.randn(count, 512, generator=generator)
    psi = 0.5 + 0.5 * torch.rand(count, 1, generator=torch.Generator().manual_seed(2))
    return teacher.w_mean.lerp(sample_w(teacher, z), psi)


@torch.no_grad()
def make_targets(runs: Path, count: int, ir: Path | None) -> None:
    teacher = load_generator("mobile-ffhq-1024")
    render = renderer(teacher, ir)
    w = codes(teacher, count)
    done_file, path = runs / "done.json", runs / "targets.npy"
    done = json.loads(done_file.read_text(encoding="utf-8")) if done_file.exists() else 0
    shape = (count, 3, 256, 256)
    targets = np.lib.format.open_memmap(path, "r+" if done else "w+", dtype=np.float16, shape=shape)
    for i in range(done, count):
        targets[i] = F.avg_pool2d(render(w[i : i + 1]), 4)[0].numpy()
        if i % 50 == 49 or i == count - 1:
            targets.flush()
            done_file.write_text(str(i + 1), encoding="utf-8")


def renderer(teacher: MobileStyleGAN, ir: Path | None) -> Callable[[Tensor], Tensor]:
    """W codes -> 1024 px images: by the reference runtime if its files are given, several times faster on a CPU."""
    if ir is None:
        return lambda w: teacher.synthesis(broadcast_w(teacher, w))
    import openvino

    options = {"INFERENCE_PRECISION_HINT": "f32"}
    model = openvino.Core().compile_model(str(ir / "SynthesisNetwork.xml"), "CPU", options)
    return lambda w: torch.from_numpy(model(w.numpy())[0])


def initialise(student: MobileStyleGAN, w: Tensor, targets: Tensor) -> None:
    """Scale the new convolutions to unit output, then solve the colours by least squares."""
    assert student.refine is not None
    with torch.no_grad():
        ws = broadcast_w(student, w)
        x = student.trunk(ws)
        for conv, row in ((student.refine.conv1, -2), (student.refine.conv2, -1)):
            conv.affine.weight.mul_(0.2)
            conv.depthwise.mul_(0.1)[:, :, 1, 1] += 1.0
            y = conv(x, ws[:, row])
            conv.weight.div_(y.std())
            x = conv(x, ws[:, row])
        add_nothing(student)
        colours = student.to_image
        colours.affine.weight.mul_(0.2)
        features = x * colours.affine(ws[:, -1])
        a = F.pad(features.permute(0, 2, 3, 1).flatten(0, 2), (0, 1), value=1.0).double()
        b = forward_haar(targets).permute(0, 2, 3, 1).flatten(0, 2).double()
        solution = torch.linalg.solve(a.T @ a + 1.0 * torch.eye(a.shape[1]), a.T @ b).float()
        colours.weight.copy_(solution[:-1].T[:, :, None, None])
        colours.bias.copy_(solution[-1][None, :, None, None])


def add_nothing(student: MobileStyleGAN) -> None:
    """Let the convolutions that add to the features add zero until they are trained."""
    assert student.refine is not None
    with torch.no_grad():
        for detail in student.refine.details:
            detail.affine.weight.mul_(0.2)
            detail.depthwise.mul_(0.1)[:, :, 1, 1] += 1.0
            detail.weight.zero_()


def trainable(student: MobileStyleGAN, rate: float) -> list[dict[str, object]]:
    """Parameter groups: style matrices act through all 512 entries of w at once, so they take far smaller steps."""
    groups: dict[float, list[torch.nn.Parameter]] = {}
    for name, parameter in student.named_parameters():
        parameter.requires_grad_(name.startswith(TRAINED))
        if parameter.requires_grad:
            style = name.endswith(("affine.weight", "up.weight"))
            scale = (0.02 if style else 1.0) * (0.2 if name.startswith("blocks") else 1.0)
            groups.setdefault(rate * scale, []).append(parameter)
    return [{"params": group, "lr": lr, "full_rate": lr} for lr, group in groups.items()]


def train(runs: Path, steps: int, batch: int, rate: float, pixels: float, further: bool) -> None:
    teacher = load_generator("mobile-ffhq-1024")
    targets = np.load(runs / "targets.npy", mmap_mode="r")
    available = json.loads((runs / "done.json").read_text(encoding="utf-8"))
    w = codes(teacher, len(targets))
    student = MobileStyleGAN(256)
    student.load_state_dict(
        {k: v for k, v in teacher.state_dict().items() if k in student.state_dict() and "to_image" not in k},
        strict=False,
    )
    checkpoint = runs / "checkpoint.pt"
    first = slice(HELD_OUT, HELD_OUT + 24)
    shipped = WEIGHTS / "mobile-ffhq-256-head.safetensors"
    if not checkpoint.exists() and further:
        add_nothing(student)  # before loading: a shipped head may have these convolutions trained
        student.load_state_dict(load_file(shipped), strict=False)
    elif not checkpoint.exists():
        torch.manual_seed(0)
        initialise(student, w[first], torch.from_numpy(targets[first].astype(np.float32)))
    optimiser = torch.optim.Adam(trainable(student, rate), betas=(0.9, 0.99))
    average = {k: v.clone() for k, v in student.state_dict().items() if k.startswith(TRAINED)}
    start = 0
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        student.load_state_dict(state["student"])
        average, start = average | state["average"], state["step"]
        if len(state["optimiser"]["state"]) == sum(len(group["params"]) for group in optimiser.param_groups):
            optimiser.load_state_dict(state["optimiser"])  # else: more layers are trained from here on
    lpips, begun = Lpips("alex"), time.time()
    for step in range(start, steps):
        available = json.loads((runs / "done.json").read_text(encoding="utf-8"))
        order = np.random.default_rng(step)
        index = np.sort(order.choice(np.arange(HELD_OUT, available), batch, replace=False))
        for group in optimiser.param_groups:
            group["lr"] = group["full_rate"] * min(1.0, (step + 1) / 50) * (0.02 + 0.98 * (1.0 - step / steps))
        optimiser.zero_grad()
        pixel = perceptual = torch.zeros(())
        for i in index:  # one at a time: the features of one image stay in the processor's cache
            target = torch.from_numpy(targets[i : i + 1].astype(np.float32))
            image = student.synthesis(broadcast_w(student, w[i : i + 1]))
            error, distance = (image - target).square().mean().log() / batch, lpips(image, target).mean() / batch
            (pixels * error + distance).backward()
            pixel, perceptual = pixel + error.detach(), perceptual + distance.detach()
        optimiser.step()
        with torch.no_grad():
            for name, value in student.state_dict().items():
                if name in average:
                    average[name].lerp_(value, max(0.005, 1.0 / (step + 1)))
        if step % 25 == 0:
            print(f"{step} log error {pixel:.4f} lpips {perceptual:.4f} {time.time() - begun:.0f}s", flush=True)
        if step % 200 == 199 or step == steps - 1:
            state = {"student": student.state_dict(), "optimiser": optimiser.state_dict()}
            torch.save({**state, "average": average, "step": step + 1}, checkpoint.with_suffix(".tmp"))
            checkpoint.with_suffix(".tmp").replace(checkpoint)
            save_file(average, shipped)


@torch.no_grad()
def evaluate(runs: Path) -> None:
    student = load_generator("mobile-ffhq-256")
    targets = np.load(runs / "targets.npy", mmap_mode="r")
    w = codes(load_generator("mobile-ffhq-1024"), len(targets))
    lpips, psnr, perceptual = Lpips("alex"), [], []
    for i in range(HELD_OUT):
        target = torch.from_numpy(targets[i : i + 1].astype(np.float32))
        image = student.synthesis(broadcast_w(student, w[i : i + 1]))
        psnr.append(float(-10 * torch.log10((image.clamp(-1, 1) - target.clamp(-1, 1)).square().mean() / 4)))
        perceptual.append(float(lpips(image.clamp(-1, 1), target.clamp(-1, 1))))
    figures = {"codes": HELD_OUT, "psnr_db": float(np.mean(psnr)), "lpips_alex": float(np.mean(perceptual))}
    (runs / "figures.json").write_text(json.dumps(figures), encoding="utf-8")
    print(figures, "worst", min(psnr), max(perceptual))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stage", choices=["targets", "train", "eval"])
    parser.add_argument("--runs", type=Path, default=Path("training/runs/head"))
    parser.add_argument("--count", type=int, default=3200)
    parser.add_argument("--steps", type=int, default=4000)
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--pixels", type=float, default=0.5, help="weight of the logarithm of the squared error")
    parser.add_argument("--further", action="store_true", help="begin with the shipped head instead of a new one")
    parser.add_argument("--ir", type=Path, help="folder with the unpacked IR files: render the targets with OpenVINO")
    args = parser.parse_args()
    args.runs.mkdir(parents=True, exist_ok=True)
    if args.stage == "targets":
        make_targets(args.runs, args.count, args.ir)
    elif args.stage == "train":
        train(args.runs, args.steps, args.batch, args.rate, args.pixels, args.further)
    else:
        evaluate(args.runs)


if __name__ == "__main__":
    main()
