"""Train the network that says what is in front of a face (`steadyface.faces.occlusion`), on drawn occluders.

    nice -n 10 python training/train_occlusion.py data  --runs training/runs/occlusion --photographs FILES
    nice -n 10 python training/train_occlusion.py train --runs training/runs/occlusion --steps 5000
    nice -n 10 python training/train_occlusion.py eval  --runs training/runs/occlusion --clips FILES

Faces: seeded samples of the default generator, two thirds of them edited, and the crops of `--photographs`. Half of the
samples have no occluder. Loss: binary cross-entropy + soft Dice, where the face is; around it a tenth as much. All that
is learnt from is drawn anew for each step: `occluders`, `occlusion_samples`.

The evaluation's faces, cups, and hands with photographed skin are never trained on; nor must its clips be.

The network that ships has seen 700 drawn faces, 12 portraits of the Face Research Lab London Set (DeBruine, Jones; CC
BY 4.0; not 061) and 36 frames of the GRID clips brbk7n, lwbsza and swiz3n (Cooke et al. 2006; CC BY 4.0). It was taught
in stretches: the rate fell as for 2600 steps up to 800, as for 4000 up to 1500, as for 4600 up to 2600, as for 4300 up
to there, then as for 5000. The first 1500 were in float32. Up to 4300, text and forearms came as often as other kinds,
and skin was always uneven.

Resumable: `data` and `train` go on where they stopped. The file that ships is written with each checkpoint.
"""

import argparse
import json
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor
from torch.nn import functional as F

from occluders import TRAINED, UNSEEN
from occlusion_faces import Faces, Outliner, aligned_crops, cut_photographs, draw_faces, read_faces
from occlusion_samples import Sample, sample
from steadyface.faces.occlusion import OCCLUSION_FILE, OcclusionMask, OcclusionNet

KINDS = (*TRAINED, "hand", "text", "text", "forearm")
"""What is drawn in training; what is hardest to see comes more often."""
OCCLUDED = 0.5
AROUND = 0.1
"""The weight of what isn't the face."""
AVERAGING = 0.995
COMPOSITES = {**dict.fromkeys(TRAINED, 40), **dict.fromkeys(UNSEEN, 120)}
"""How many of each kind are evaluated."""
UNOCCLUDED = 200


def batch_of(faces: Faces, step: int, size: int) -> tuple[Tensor, Tensor, Tensor]:
    """Images (N, 3, H, W) in [-1, 1], what is covered and where the face is (N, 1, H, W), for a step."""
    rng = np.random.default_rng((11, step))
    samples = []
    for _ in range(size):
        kind = str(rng.choice(KINDS)) if rng.random() < OCCLUDED else None
        samples.append(sample(faces, int(rng.integers(len(faces))), rng, kind))
    images = torch.from_numpy(np.stack([each.picture for each in samples])).permute(0, 3, 1, 2) / 127.5 - 1.0
    covered, outlines = (
        torch.from_numpy(np.stack([getattr(each, name) for each in samples]))[:, None]
        for name in ("covered", "outline")
    )
    return images, covered, outlines


def loss_of(logits: Tensor, covered: Tensor, outlines: Tensor) -> Tensor:
    """Cross-entropy and Dice (Milletari et al. 2016) over the whole batch, since half of the samples have nothing."""
    weight = AROUND + (1 - AROUND) * outlines
    entropy = (weight * F.binary_cross_entropy_with_logits(logits, covered, reduction="none")).sum() / weight.sum()
    said = torch.sigmoid(logits)
    shared, both = (weight * said * covered).sum(), (weight * (said + covered)).sum()
    return entropy + 1 - (2 * shared + 1) / (both + 1)


def train(runs: Path, steps: int, batch: int, rate: float) -> None:
    faces, _ = read_faces(runs)
    torch.manual_seed(0)
    # bfloat16 with a picture's channels beside each other halves the time of a step on processors that have it
    network = OcclusionNet().train().to(memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(network.parameters(), lr=rate, weight_decay=1e-4)
    average = {name: value.clone() for name, value in network.state_dict().items()}
    checkpoint, start = runs / "checkpoint.pt", 0
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        network.load_state_dict(state["network"])
        optimiser.load_state_dict(state["optimiser"])
        average, start = state["average"], state["step"]
    begun, smooth = time.time(), 0.0
    for step in range(start, steps):
        for group in optimiser.param_groups:
            group["lr"] = rate * min(1.0, (step + 1) / 50) * (0.01 + 0.99 * (1.0 - step / steps))
        images, covered, outlines = batch_of(faces, step, batch)
        optimiser.zero_grad()
        with torch.autocast("cpu", torch.bfloat16):
            logits = network(images)
        loss = loss_of(logits.float(), covered, outlines)
        loss.backward()
        optimiser.step()
        with torch.no_grad():
            for name, value in network.state_dict().items():
                if value.is_floating_point():
                    average[name].lerp_(value, max(1 - AVERAGING, 1.0 / (step + 1)))
        smooth += (float(loss.detach()) - smooth) * max(0.02, 1.0 / (step - start + 1))
        if step % 50 == 49 or step == steps - 1:
            print(f"{step + 1} loss {smooth:.4f} {time.time() - begun:.0f}s", flush=True)
        if step % 100 == 99 or step == steps - 1:
            state = {"network": network.state_dict(), "optimiser": optimiser.state_dict()}
            torch.save({**state, "average": average, "step": step + 1}, checkpoint.with_suffix(".tmp"))
            checkpoint.with_suffix(".tmp").replace(checkpoint)
            save_file({name: value.half().contiguous() for name, value in average.items()}, OCCLUSION_FILE)


def counted(find: OcclusionMask, samples: Sequence[Sample]) -> dict[str, float]:
    """Precision and recall over all pixels of the faces, at thresholds of .5."""
    hits = said = there = 0
    for each in samples:
        inside = each.outline > 0.5
        mask, covered = find.find(each.picture.astype(np.uint8)) > 0.5, each.covered > 0.5
        hits += int((mask & covered & inside).sum())
        said += int((mask & inside).sum())
        there += int((covered & inside).sum())
    return {"composites": len(samples), "precision": round(hits / max(said, 1), 4), "recall": round(hits / there, 4)}


def false_share(find: OcclusionMask, pairs: Sequence[tuple[np.ndarray, np.ndarray]]) -> dict[str, float]:
    """Share of unoccluded faces, pictures (H, W, 3) with outlines (H, W), that is said to be covered."""
    shares = [float((find.find(picture) > 0.5)[outline > 0.5].mean()) for picture, outline in pairs]
    return {"faces": len(shares), "mean": round(float(np.mean(shares)), 5), "largest": round(max(shares), 5)}


def evaluate(runs: Path, clips: Sequence[Path], most: int) -> None:
    _, faces = read_faces(runs)
    find, outliner = OcclusionMask.load(), Outliner()
    drawn = {
        kind: [sample(faces, i % len(faces), np.random.default_rng((13, number, i)), kind) for i in range(count)]
        for number, (kind, count) in enumerate(COMPOSITES.items())
    }
    clean = [sample(faces, i % len(faces), np.random.default_rng((17, i)), None) for i in range(UNOCCLUDED)]
    by_clip = {}
    for clip in clips:
        described = [outliner.described(crop) for crop in aligned_crops(clip, outliner, most)]
        by_clip[clip.stem] = false_share(find, [(picture, outline / 255) for picture, outline, _ in described])
    figures = {
        "kinds": {kind: counted(find, samples) for kind, samples in drawn.items()},
        "trained kinds": counted(find, [each for kind in TRAINED for each in drawn[kind]]),
        "held-out kinds": counted(find, [each for kind in UNSEEN for each in drawn[kind]]),
        "unoccluded": false_share(find, [(each.picture.astype(np.uint8), each.outline) for each in clean]),
        "unoccluded, as drawn": false_share(find, list(zip(faces.pictures, faces.outlines / 255, strict=True))),
        "clips": by_clip,
    }
    (runs / "figures.json").write_text(json.dumps(figures, indent=1), encoding="utf-8")
    print(json.dumps(figures, indent=1))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stage", choices=["data", "train", "eval"])
    parser.add_argument("--runs", type=Path, default=Path("training/runs/occlusion"))
    parser.add_argument("--count", type=int, default=700, help="faces that are drawn")
    parser.add_argument("--photographs", type=Path, nargs="+", default=[], metavar="FILE", help="and clips, for `data`")
    parser.add_argument("--steps", type=int, default=5000)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--rate", type=float, default=3e-3)
    parser.add_argument("--clips", type=Path, nargs="+", default=[], metavar="FILE", help="unoccluded ones, for `eval`")
    parser.add_argument("--frames", type=int, default=40, help="of each clip that are evaluated")
    args = parser.parse_args()
    torch.set_num_threads(1)
    args.runs.mkdir(parents=True, exist_ok=True)
    if args.stage == "data":
        draw_faces(args.runs, args.count)
        if args.photographs:
            cut_photographs(args.runs, args.photographs)
    elif args.stage == "train":
        train(args.runs, args.steps, args.batch, args.rate)
    else:
        evaluate(args.runs, args.clips, args.frames)


if __name__ == "__main__":
    main()
