"""Train the small RAFT from scratch on synthetic motion of the generator's faces and of other pictures.

    python training/train_flow.py pictures --runs training/runs/flow --photos ../shared/faces
    python training/train_flow.py train    --runs training/runs/flow --steps 4000
    python training/train_flow.py eval     --runs training/runs/flow

Resumable: the first two stages go on where they stopped; every step draws its own pairs from its own seed. First the
features alone learn to match, which costs little; then the whole network with the paper's loss and optimiser (L1 over
all updates, gamma 0.8; AdamW, a warm-up and a linear descent, gradients clipped), on smaller crops and with fewer
updates. What is kept is a running average. `eval` warps 100 held-out faces of the generator and tells the end-point
errors of this network, of DIS and of SPyNet; `--ship` writes the weights into the package if ours is below 0.3 px.

Not shipped so far. After 1800 of 4600 steps: 0.757 px, 0.37 s a pair on one core, where the mean motion is 1.81 px; DIS
0.043 px, 0.08 s; SPyNet 0.112 px, 0.45 s.
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

from flow_losses import matching_loss, sequence_loss
from flow_pairs import SIDE, layered_pair, photographs, texture, warped_pair
from steadyface.flow.base import FlowEstimator
from steadyface.flow.dis import DisFlow
from steadyface.flow.raft import RAFT_FILE, UPDATES, Raft
from steadyface.flow.raft_network import SMALL, RaftNetwork
from steadyface.flow.spynet import SpyNet
from steadyface.flow.warp import in_bounds
from steadyface.gan.base import broadcast_w, sample_w
from steadyface.gan.load import load_generator

HELD_OUT = 100
LIMIT = 0.3
FEATURES, FEATURE_SIDE = 300, 128
"""The first steps train the feature encoder alone, on crops of that side in pixels: a third of a full step's work."""
MATCHING = 0.3
"""Weight of the features' own loss in the steps after."""
EARLY = 0.7
"""The share of the steps with small crops, half precision, two updates fewer and motion half as large again."""


@torch.no_grad()
def make_pictures(runs: Path, count: int, textures: int, folder: Path | None) -> None:
    """Faces of the generator, `HELD_OUT` of which are for the evaluation, and all other pictures, as uint8."""
    rng = np.random.default_rng(0)
    np.save(runs / "others.npy", [texture(rng) for _ in range(textures)])
    np.save(runs / "photos.npy", photographs(folder) if folder else np.zeros((0, 3, SIDE, SIDE), np.uint8))
    generator = load_generator("mobile-ffhq-256")
    path, done_file = runs / "faces.npy", runs / "faces.json"
    done = json.loads(done_file.read_text(encoding="utf-8")) if done_file.exists() else 0
    faces = np.lib.format.open_memmap(path, "r+" if done else "w+", dtype=np.uint8, shape=(count, 3, SIDE, SIDE))
    for i in range(done, count):
        draws = torch.Generator().manual_seed(i)
        w = sample_w(generator, torch.randn(1, 512, generator=draws), 0.6 + 0.4 * float(torch.rand(1, generator=draws)))
        image = generator.synthesis(broadcast_w(generator, w))[0]
        faces[i] = ((image + 1) * 127.5).round().clamp(0, 255).byte().numpy()
        if i % 20 == 19 or i == count - 1:
            faces.flush()
            done_file.write_text(str(i + 1), encoding="utf-8")


def as_image(picture: np.ndarray) -> Tensor:
    """uint8 to [-1, 1]."""
    return torch.from_numpy(picture.astype(np.float32)) / 127.5 - 1


def sources(runs: Path) -> Callable[[np.random.Generator], Tensor]:
    """Draws a training picture: a face more often than a photograph or a texture."""
    count = json.loads((runs / "faces.json").read_text(encoding="utf-8"))
    faces = np.load(runs / "faces.npy", mmap_mode="r")[HELD_OUT:count]
    banks = [bank for bank in (faces, np.load(runs / "photos.npy"), np.load(runs / "others.npy")) if len(bank)]
    shares = np.array([6.0, 2.0, 2.0] if len(banks) == 3 else [6.0, 3.0])

    def draw(rng: np.random.Generator) -> Tensor:
        bank = banks[rng.choice(len(banks), p=shares / shares.sum())]
        picture = as_image(bank[rng.integers(len(bank))])
        return picture.flip(2) if rng.integers(2) else picture

    return draw


def batch_of(
    draw: Callable[[np.random.Generator], Tensor], step: int, count: int, side: int, motion: float
) -> tuple[Tensor, Tensor, Tensor]:
    """The pairs of one step: a and b (N, 3, S, S), flow (N, 2, S, S)."""
    rng = np.random.default_rng((1, step))
    pairs = [layered_pair(rng, lambda: draw(rng), side, motion) for _ in range(count)]
    a, b, flow = zip(*((pair.a, pair.b, pair.flow) for pair in pairs), strict=True)
    return torch.stack(a), torch.stack(b), torch.stack(flow)


def initialise(network: RaftNetwork) -> None:
    """Let correlations reach the flow at full strength, and what a picture shows by itself at none, to begin with.

    With the usual start, which attenuates them and adds the context's noise, 250 steps of batch 4 were no better than
    no motion at all.
    """
    update = network.update_block
    motion = update.motion_encoder
    with torch.no_grad():
        rectified = motion.convcorr1, motion.convflow1, motion.convflow2, motion.conv, [update.flow_head.conv1]
        for part, *_ in rectified:
            torch.nn.init.kaiming_normal_(part.weight, nonlinearity="relu")
            part.bias.zero_()
        network.context_encoder.conv.weight.mul_(0.1)
        update.flow_head.conv2.weight.mul_(0.1)


def loss_of(network: RaftNetwork, pairs: tuple[Tensor, Tensor, Tensor], updates: int) -> tuple[Tensor, Tensor]:
    """What to minimise, and the last flow; without ``updates`` only the features are trained, and the flow is 0."""
    a, b, true = pairs
    pyramid = network.pyramid(a, b)
    matching = matching_loss(pyramid[0], true)
    if not updates:
        return matching, torch.zeros_like(true)
    flows = [flow.float() for flow in network.flows(a, pyramid, updates)]
    return sequence_loss(flows, true) + MATCHING * matching, flows[-1].detach()


def train(runs: Path, steps: int, batch: int, rate: float, side: int, late_side: int, updates: int) -> None:
    torch.manual_seed(0)
    network, draw = RaftNetwork(SMALL, "centres"), sources(runs)
    initialise(network)
    optimiser = torch.optim.AdamW(network.parameters(), lr=rate, weight_decay=1e-5)
    average = {name: value.clone() for name, value in network.state_dict().items()}
    checkpoint, start = runs / "checkpoint.pt", 0
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        network.load_state_dict(state["network"])
        optimiser.load_state_dict(state["optimiser"])
        average, start = state["average"], state["step"]
    begun, seen, still = time.time(), [], []
    for step in range(start, steps):
        features, early = step < FEATURES, step < EARLY * steps
        for group in optimiser.param_groups:
            warm = min(1.0, (step + 1) / 50, max(step - FEATURES + 1, 50 * features) / 50)
            group["lr"] = rate * warm * (1.0 - 0.98 * step / steps)
        pairs = batch_of(
            draw, step, batch, FEATURE_SIDE if features else side if early else late_side, 1.0 + 0.5 * early
        )
        with torch.autocast("cpu", torch.bfloat16, enabled=early):
            loss, flow = loss_of(network, pairs, 0 if features else updates - 2 * early)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        with torch.no_grad():
            for name, value in network.state_dict().items():
                average[name].lerp_(value, max(0.005, 1.0 / (step + 1)))
        seen.append(float((flow - pairs[2]).norm(dim=1).mean()))
        still.append(float(pairs[2].norm(dim=1).mean()))
        if step % 25 == 24:
            recent = f"loss {float(loss.detach()):.3f} epe {np.mean(seen[-25:]):.3f} of {np.mean(still[-25:]):.3f}"
            print(f"{step + 1} {recent} {time.time() - begun:.0f}s", flush=True)
        if step % 100 == 99 or step == steps - 1:
            whole = {"network": network.state_dict(), "optimiser": optimiser.state_dict(), "average": average}
            torch.save({**whole, "step": step + 1}, checkpoint.with_suffix(".tmp"))
            checkpoint.with_suffix(".tmp").replace(checkpoint)
            save_file(average, runs / "average.safetensors")
        if step % 250 == 249 and not features:
            errors = judge(Raft(averaged(average)), runs, 10)
            print(f"{step + 1} held-out epe of 10 pairs {np.mean(errors):.3f}", flush=True)


def averaged(state: dict[str, Tensor]) -> RaftNetwork:
    """The network with these weights."""
    network = RaftNetwork(SMALL, "centres")
    network.load_state_dict({name: value.float() for name, value in state.items()})
    return network


@torch.no_grad()
def judge(estimator: FlowEstimator, runs: Path, count: int) -> list[float]:
    """Mean end-point error of each of the first `count` held-out pairs, over the pixels that stay in the picture."""
    faces, errors = np.load(runs / "faces.npy", mmap_mode="r"), []
    for number in range(count):
        pair = warped_pair(np.random.default_rng((2, number)), as_image(faces[number]))
        true = pair.flow[None]
        error = (estimator(pair.a[None], pair.b[None]) - true).norm(dim=1, keepdim=True)
        errors.append(float(error[in_bounds(true) > 0].mean()))
    return errors


def evaluate(runs: Path, ship: bool, updates: int) -> None:
    state = load_file(runs / "average.safetensors")
    stored = {name: value.half() for name, value in state.items()}
    estimators: dict[str, FlowEstimator] = {
        "raft": Raft(averaged(stored), updates), "dis": DisFlow(), "spynet": SpyNet()
    }  # fmt: skip
    sizes = judge(lambda a, b: torch.zeros(1, 2, SIDE, SIDE), runs, HELD_OUT)
    figures: dict[str, object] = {"pairs": HELD_OUT, "updates": updates, "mean_motion": float(np.mean(sizes))}
    reached = {}
    for name, estimator in estimators.items():
        begun, errors = time.process_time(), judge(estimator, runs, HELD_OUT)
        by_size = [
            round(float(np.mean([e for e, s in zip(errors, sizes, strict=True) if low <= s < high])), 3)
            for low, high in ((0, 1), (1, 3), (3, 99))
        ]
        reached[name] = float(np.mean(errors))
        figures[name] = {
            "epe": reached[name], "median": float(np.median(errors)), "epe_below_1_to_3_above": by_size,
            "seconds": (time.process_time() - begun) / HELD_OUT,
        }  # fmt: skip
        print(name, figures[name], flush=True)
    (runs / "figures.json").write_text(json.dumps(figures, indent=1), encoding="utf-8")
    if ship and reached["raft"] < LIMIT:
        save_file(stored, RAFT_FILE, {"network": "raft-small", "upsampling": "centres"})
    elif ship:
        print(f"not shipped: {reached['raft']:.3f} px is not below {LIMIT}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stage", choices=["pictures", "train", "eval"])
    parser.add_argument("--runs", type=Path, default=Path("training/runs/flow"))
    parser.add_argument("--faces", type=int, default=500, help="samples of the generator")
    parser.add_argument("--textures", type=int, default=100)
    parser.add_argument("--photos", type=Path, help="a folder of photographs to train on, too")
    parser.add_argument("--steps", type=int, default=4000)
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--side", type=int, default=96, help="of the crops in pixels, for the first 70 %% of the steps")
    parser.add_argument("--late-side", type=int, default=160, help="of the crops in pixels, from then on")
    parser.add_argument("--updates", type=int, help="6 in training, 12 in the evaluation")
    parser.add_argument("--ship", action="store_true")
    args = parser.parse_args()
    args.runs.mkdir(parents=True, exist_ok=True)
    if args.stage == "pictures":
        make_pictures(args.runs, args.faces, args.textures, args.photos)
    elif args.stage == "train":
        train(args.runs, args.steps, args.batch, args.rate, args.side, args.late_side, args.updates or 6)
    else:
        evaluate(args.runs, args.ship, args.updates or UPDATES)


if __name__ == "__main__":
    main()
