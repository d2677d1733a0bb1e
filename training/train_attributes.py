"""Fit the classifiers of eyeglasses, sunglasses and beard that ship, with their cross-validated AUCs.

    python training/train_attributes.py

Ridge regressions on the features of 480 generated faces labelled by hand, clean and degraded; they label the faces of
`describe_faces.py` for a second fit, which tells real photographs better. Five folds give held-out scores, on which a
logistic curve turns the scores into log-odds.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file
from scipy.optimize import minimize

from steadyface.critics.attributes import ATTRIBUTES_FILE

Array = NDArray[np.float64]
Floats = NDArray[np.float32]
LABELS = ("eyeglasses", "sunglasses", "beard")
FEATURES = 6528
"""The grids of the first two layers; the deepest one and the thumbnail mistake other lighting for eyeglasses."""
RIDGE = 0.3
"""Of the mean squared length of a face's features."""
UNSURE = (0.2, 0.5)
"""Scores of the first fit between which a face counts in part."""
FOLDS = 5


def truth_of(marks: dict[str, list[int]], count: int) -> Array:
    """(count, labels): 1 where a face has it; sunglasses are no eyeglasses."""
    truth = np.zeros((count, len(LABELS)))
    for column, label in enumerate(LABELS):
        truth[marks[label], column] = 1
    truth[marks["sunglasses"], LABELS.index("eyeglasses")] = 0
    return truth


def ridge(x: Floats, y: Array) -> Array:
    """Weights and, last, offset (D + 1, labels) of a regression on standardised features."""
    mean, deviation = x.mean(0), x.std(0)
    scale = 1 / (deviation + 0.1 * deviation.mean())
    z = (x - mean) * scale
    gram = z @ z.T
    gram[np.diag_indices(len(gram))] += RIDGE * np.trace(gram) / len(gram)
    weights = scale[:, None] * (z.T @ np.linalg.solve(gram, y - y.mean(0)))
    return np.vstack([weights, y.mean(0) - mean @ weights])


def score(model: Array, x: Floats) -> Array:
    return np.asarray(x @ model[:-1] + model[-1])


def fit(labelled: Floats, truth: Array, others: Floats) -> Array:
    """Fit faces (N, views, D) with their truth, then those and the others with what the first fit thinks."""
    views = labelled.shape[1]
    x, y = labelled.reshape(-1, FEATURES), np.repeat(truth, views, 0)
    low, high = UNSURE
    guess = np.clip((score(ridge(x, y), others).mean(1) - low) / (high - low), 0, 1)
    return ridge(np.concatenate([x, others.reshape(-1, FEATURES)]), np.concatenate([y, np.repeat(guess, views, 0)]))


def calibration(scores: Array, truth: Array) -> tuple[float, float]:
    """Slope and offset of the log-odds (Platt 1999), both classes weighing the same."""
    weight = np.where(truth > 0.5, 0.5 / truth.sum(), 0.5 / (1 - truth).sum())

    def loss(line: Array) -> float:
        return float((weight * np.logaddexp(0, -(2 * truth - 1) * (line[0] * scores + line[1]))).sum())

    slope, offset = minimize(loss, np.array([5.0, -2.0])).x
    return float(slope), float(offset)


def auc(scores: Array, truth: Array) -> float:
    """Area under the ROC curve, by ranks."""
    ranks = scores.argsort().argsort() + 1
    positive = truth > 0.5
    n, m = positive.sum(), (~positive).sum()
    return float((ranks[positive].sum() - n * (n + 1) / 2) / (n * m))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--faces", type=Path, default=Path("training/runs/faces.npz"))
    parser.add_argument("--labelled", type=Path, default=Path("training/runs/labelled.npz"))
    parser.add_argument("--labels", type=Path, default=Path("../shared/labels/faces480_labels.json"))
    args = parser.parse_args()
    marks = json.loads(args.labels.read_text(encoding="utf-8"))
    labelled, others = (
        np.load(path)["features"][:, :, :FEATURES].astype(np.float32) for path in (args.labelled, args.faces)
    )
    sure = np.setdiff1d(np.arange(len(labelled)), marks["unsure_eyeglasses"])
    x, truth = labelled[sure], truth_of(marks, len(labelled))[sure]
    fold = np.random.default_rng(0).permutation(len(x)) % FOLDS
    held = np.zeros((*x.shape[:2], len(LABELS)))
    for number in range(FOLDS):
        held[fold == number] = score(fit(x[fold != number], truth[fold != number], others), x[fold == number])
    model = fit(x, truth, others)
    for column, label in enumerate(LABELS):
        slope, offset = calibration(held[:, :, column].ravel(), np.repeat(truth[:, column], x.shape[1]))
        model[:, column] *= slope
        model[-1, column] += offset
        aucs = [round(auc(held[:, view, column], truth[:, column]), 3) for view in range(x.shape[1])]
        print(f"{label:<11} cross-validated AUC clean, degraded {aucs}; slope {slope:.1f}")
    state = {"weight": torch.from_numpy(model[:-1]).half(), "bias": torch.from_numpy(model[-1]).float()}
    save_file(state, ATTRIBUTES_FILE, metadata={"labels": json.dumps(LABELS)})


if __name__ == "__main__":
    main()
