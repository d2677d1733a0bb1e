"""Learn the shipped edits: directions in W that change one attribute and hold the others.

    python training/train_edits.py

W codes are regressed on the attributes of their faces (age, gender, expressions, pose, eyeglasses, beard) all at once:
the row of an attribute is how W moves with it while the others stay, the conditional form of a difference of class
means. Eyeglasses and beard are labelled by hand on 480 faces; a classifier fitted to those labels the rest.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file

from steadyface.critics.expression import EXPRESSIONS
from steadyface.editing.catalogue import SHIPPED
from steadyface.editing.edit import Edit, EditCard

Array = NDArray[np.float64]
LABELS = ("eyeglasses", "sunglasses", "beard")

RECIPES: dict[str, tuple[str, float, tuple[int, int], str, str]] = {
    # name: (attribute, length in W at strength 1, layers by side, description, opposite)
    "eyeglasses": ("eyeglasses", 4.0, (4, 32), "puts on eyeglasses", ""),
    "beard": ("beard", 3.5, (4, 64), "grows a beard", ""),
    "age": ("age", 4.0, (4, 64), "makes older", "makes younger"),
    "gender": ("male", 4.0, (4, 64), "makes more masculine", "makes more feminine"),
    "smile": ("happy", 3.0, (4, 32), "smiles", "stops smiling"),
    "angry": ("angry", 3.0, (4, 32), "looks angry", ""),
    "surprised": ("surprised", 3.0, (4, 32), "looks surprised", ""),
    "head-turn": ("yaw", 3.0, (4, 8), "turns the head to the right of the picture", "turns it to the left"),
}


def standard(values: Array) -> Array:
    return np.asarray((values - values.mean(0)) / (values.std(0) + 1e-9))


def attributes(faces: dict[str, Array], labels: Array) -> tuple[list[str], Array]:
    """Names and standardised columns (N, K); the regression's nuisances are there beside what is edited."""
    expression = faces["expression"] - faces["expression"].mean(1, keepdims=True)
    columns: dict[str, Array] = {
        "age": faces["age"],
        "male": np.log((faces["male"] + 0.02) / (1.02 - faces["male"])),
        "yaw": np.nan_to_num(faces["shape"][:, 0]),
    }
    for name in ("happy", "angry", "surprised", "sad"):
        columns[name] = expression[:, EXPRESSIONS.index(name)]
    columns |= dict(zip(LABELS, labels.T, strict=True))
    names = list(columns)
    return names, standard(np.stack([columns[name] for name in names], axis=1))


def fit_labels(labelled: dict[str, Array], marks: dict[str, list[int]]) -> tuple[Array, Array]:
    """Linear classifiers (D + 1, 2) on face features for the labels, by ridge regression; and held-out AUCs."""
    x, truth = labelled["features"][:, 0].astype(np.float64), np.zeros((len(labelled["w"]), len(LABELS)))
    for column, label in enumerate(LABELS):
        truth[marks[label], column] = 1
    truth[marks["sunglasses"], 0] = 0
    use = np.setdiff1d(np.arange(len(x)), marks.get("unsure_eyeglasses", []))
    mean = x[use].mean(0)

    def fit(rows: NDArray[np.int64]) -> Array:
        z, y = x[rows] - mean, truth[rows] - truth[rows].mean(0)
        weights = z.T @ np.linalg.solve(z @ z.T + 3.0 * np.eye(len(z)), y)
        return np.vstack([weights, truth[rows].mean(0) - mean @ weights])

    scores = np.zeros((len(use), len(LABELS)))
    for fold in range(5):
        test = np.arange(len(use)) % 5 == fold
        model = fit(use[~test])
        scores[test] = x[use[test]] @ model[:-1] + model[-1]
    aucs = np.array([auc(scores[:, k], truth[use, k]) for k in range(len(LABELS))])
    return fit(use), aucs


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
    faces, labelled = dict(np.load(args.faces)), dict(np.load(args.labelled))
    marks = json.loads(args.labels.read_text())
    model, aucs = fit_labels(labelled, marks)
    print("cross-validated AUC", dict(zip(LABELS, aucs.round(3), strict=True)))
    both = {name: np.concatenate([faces[name], labelled[name]]).astype(np.float64) for name in faces if name != "features"}
    features = np.concatenate([faces["features"][:, 0], labelled["features"][:, 0]]).astype(np.float64)
    soft = features @ model[:-1] + model[-1]
    names, columns = attributes(both, soft)
    design = np.hstack([columns, np.ones((len(columns), 1))])
    rows = np.linalg.lstsq(design, both["w"], rcond=None)[0]
    SHIPPED.mkdir(parents=True, exist_ok=True)
    for name, (attribute, length, (low, high), description, opposite) in RECIPES.items():
        direction = rows[names.index(attribute)]
        unit = torch.from_numpy(direction / np.linalg.norm(direction)).float()
        card = EditCard(name, description, attribute, opposite, trained_on=f"{len(columns)} generated faces")
        sides = [side for side in (4, 8, 16, 32, 64, 128, 256, 512, 1024) if low <= side <= high]
        Edit(card, {side: length * unit for side in sides}).save(SHIPPED / f"{name}.safetensors")
        print(f"{name:<12} |row| {np.linalg.norm(direction):.2f}")
    state = {"weight": torch.from_numpy(model[:-1]).half(), "bias": torch.from_numpy(model[-1]).float()}
    save_file(state, SHIPPED.parent / "attributes.safetensors", metadata={"labels": json.dumps(LABELS)})


if __name__ == "__main__":
    main()
