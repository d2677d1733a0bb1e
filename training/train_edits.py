"""Learn the shipped edits: directions in W that change one attribute and hold the others.

    python training/train_edits.py

W codes are regressed on the attributes of their faces (age, gender, expressions, pose, eyeglasses, beard) all at once:
the row of an attribute is how W moves with it while the others stay, the conditional form of a difference of class
means. Eyeglasses and beard are labelled by hand on 480 faces; a classifier fitted to those labels the rest.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from steadyface.critics.attributes import Attributes
from steadyface.critics.expression import EXPRESSIONS
from steadyface.critics.face_features import COLOUR_SIDE
from steadyface.critics.lpips import Lpips
from steadyface.editing.card import EVERYWHERE, EditCard, Effect, Outline, Region
from steadyface.editing.catalogue import SHIPPED
from steadyface.editing.edit import Edit
from steadyface.faces.parts import Part

Array = NDArray[np.float64]
RING = 12
"""Principal components of the picture's border that are held: background, hats, clothes."""

EYES: Region = (0.36, 0.69, 0.10, 0.90)
"""Below the brows, which eyeglasses would bleach."""
LOWER_FACE: Region = (0.47, 1.0, 0.10, 0.90)
FACE: Region = (0.18, 1.0, 0.08, 0.92)
HEAD: Region = (0.0, 0.80, 0.0, 1.0)
"""Hair, and of what is below only the face: age would whiten the collar."""
PRESERVED: dict[str, tuple[Part, ...]] = {
    "eyeglasses": ("eyes",),
    "beard": ("eyes", "mouth"),
    "age": ("irises", "mouth"),  # lids age, too
    "gender": ("eyes",),
    "smile": ("eyes",),
}
"""What edits leave to the input: lids and gaze, lips and teeth."""
OVERLAYS = ("eyeglasses", "beard")
OUTLINES: dict[str, Outline] = {"age": "included", "gender": "included", "beard": "margin", "eyeglasses": "ears"}

RECIPES: dict[str, tuple[str, float, tuple[int, int], Region, str, str]] = {
    # name: (attribute, length in W at strength 1, layers by side, region, description, opposite)
    "eyeglasses": ("eyeglasses", 4.0, (4, 32), EYES, "puts on eyeglasses", ""),
    "beard": ("beard", 3.5, (4, 64), LOWER_FACE, "grows a beard", ""),
    "age": ("age", 4.0, (4, 64), HEAD, "makes older", "makes younger"),
    "gender": ("male", 4.0, (4, 64), HEAD, "makes more masculine", "makes more feminine"),
    "smile": ("happy", 3.0, (4, 32), LOWER_FACE, "smiles", "stops smiling"),
    "surprised": ("surprised", 3.0, (4, 32), FACE, "looks surprised", ""),
    "head-turn": ("yaw", 3.0, (4, 8), EVERYWHERE, "turns the head to the right of the picture", "turns it to the left"),
}


def standard(values: Array) -> Array:
    return np.asarray((values - values.mean(0)) / (values.std(0) + 1e-9))


def border(features: Array) -> Array:
    """The first components (N, RING) of the features' thumbnails (N, 3, 8, 8) along the border of the picture."""
    thumbnails = features[:, -3 * COLOUR_SIDE**2 :].reshape(len(features), 3, COLOUR_SIDE, COLOUR_SIDE)
    ring = np.concatenate([thumbnails[:, :, 0], thumbnails[:, :, :, 0], thumbnails[:, :, :, -1]], axis=2)
    flat = ring.reshape(len(features), -1)
    flat = flat - flat.mean(0)
    return np.asarray(flat @ np.linalg.svd(flat, full_matrices=False)[2][:RING].T)


def with_both(faces: Path, labelled: Path) -> dict[str, Array]:
    """The arrays of two files of `describe_faces.py` as one; of the features, the clean view's."""
    files = [np.load(path) for path in (faces, labelled)]
    both = {name: np.concatenate([file[name] for file in files]) for name in files[0].files}
    both["features"] = both["features"][:, 0]
    return {name: values.astype(np.float64) for name, values in both.items()}


def columns_of(faces: dict[str, Array]) -> tuple[list[str], Array]:
    """Names and standardised columns (N, K); the regression's nuisances are there beside what is edited."""
    expression = faces["expression"] - faces["expression"].mean(1, keepdims=True)
    columns: dict[str, Array] = {
        "age": faces["age"],
        "male": np.log((faces["male"] + 0.02) / (1.02 - faces["male"])),
        "yaw": faces["shape"][:, 0],
    }
    for name in ("happy", "angry", "surprised", "sad"):
        columns[name] = expression[:, EXPRESSIONS.index(name)]
    network = Attributes(Lpips("alex"))
    logits = network.of_features(torch.from_numpy(faces["features"]).float()).clamp(-6, 6).double().numpy()
    columns |= dict(zip(network.labels, logits.T, strict=True))
    columns |= {f"border {k}": column for k, column in enumerate(border(faces["features"]).T)}
    names = list(columns)
    return names, standard(np.stack([columns[name] for name in names], axis=1))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--faces", type=Path, default=Path("training/runs/faces.npz"))
    parser.add_argument("--labelled", type=Path, default=Path("training/runs/labelled.npz"))
    args = parser.parse_args()
    both = with_both(args.faces, args.labelled)
    names, columns = columns_of(both)
    design = np.hstack([columns, np.ones((len(columns), 1))])
    rows = np.linalg.lstsq(design, both["w"], rcond=None)[0]
    SHIPPED.mkdir(parents=True, exist_ok=True)
    for name, (attribute, length, (low, high), region, description, opposite) in RECIPES.items():
        direction = rows[names.index(attribute)]
        unit = torch.from_numpy(direction / np.linalg.norm(direction)).float()
        made = f"{len(columns)} generated faces"
        card = EditCard(
            name, description, attribute, opposite, trained_on=made, effect=Effect(
                region, OUTLINES.get(name, "ignored"), PRESERVED.get(name, ()), overlay=name in OVERLAYS,
            ),
        )  # fmt: skip
        sides = [side for side in (4, 8, 16, 32, 64, 128, 256, 512, 1024) if low <= side <= high]
        Edit(card, {side: length * unit for side in sides}).save(SHIPPED / f"{name}.safetensors")
        print(f"{name:<12} |row| {np.linalg.norm(direction):.2f}")


if __name__ == "__main__":
    main()
