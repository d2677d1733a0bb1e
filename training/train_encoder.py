"""Fit the encoder: a ridge regression from face features to W, with the figures that it reaches.

    python training/train_encoder.py --faces training/runs/faces.npz

Clean and degraded views of the generator's samples (`describe_faces.py`); the last tenth is held out.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

from steadyface.inversion.encoder import ENCODER_FILE

RIDGES = (3000.0, 6000.0, 12000.0, 25000.0)


def solve(x: torch.Tensor, y: torch.Tensor, ridges: tuple[float, ...]) -> list[torch.Tensor]:
    """Ridge solutions (D, K) in the dual form: there are fewer samples than features."""
    values, vectors = torch.linalg.eigh(x @ x.T)
    rotated = vectors.T @ y
    return [x.T @ (vectors @ (rotated / (values[:, None] + ridge))) for ridge in ridges]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--faces", type=Path, nargs="+", default=[Path("training/runs/faces.npz")])
    args = parser.parse_args()
    files = [np.load(path) for path in args.faces]
    w = torch.from_numpy(np.concatenate([file["w"] for file in files])).float()
    features = torch.from_numpy(np.concatenate([file["features"] for file in files])).float()
    held = len(w) // 10
    train_x, train_y = features[:-held].flatten(0, 1), w[:-held].repeat_interleave(features.shape[1], dim=0)
    mean, offset = train_x.mean(0), train_y.mean(0)
    scale = 1.0 / (train_x.std(0) + 0.1 * train_x.std(0).mean())
    spread = (w[-held:] - offset).square().sum()
    solutions = solve((train_x - mean) * scale, train_y - offset, RIDGES)
    figures = {}
    for ridge, matrix in zip(RIDGES, solutions, strict=True):
        errors = [
            ((features[-held:, v] - mean) * scale @ matrix + offset - w[-held:]) for v in range(features.shape[1])
        ]
        figures[ridge] = [float(1 - error.square().sum() / spread) for error in errors]
        print(f"ridge {ridge:g}: held-out R2 per view {[round(r, 3) for r in figures[ridge]]}")
    best = max(RIDGES, key=lambda ridge: sum(figures[ridge]))
    state = {"matrix": solutions[RIDGES.index(best)], "offset": offset, "mean": mean, "scale": scale}
    save_file({name: tensor.half().contiguous() for name, tensor in state.items()}, ENCODER_FILE)
    args.faces[0].with_name("encoder.json").write_text(
        json.dumps({"samples": len(w), "r2": figures[best]}), encoding="utf-8"
    )


if __name__ == "__main__":
    main()
