"""Make the edit that looks angry: brows down and together, corners of the mouth down, eyes open, nobody shouts.

    python training/train_anger.py --out training/runs/anger.npz

A classifier of expressions likes an open mouth best: the edit that had been led by it alone made women look surprised
(and brbk7n, in a clip, less angry than she was). So W codes are regressed on what the face mesh measures, brows, eyes
and mouth, beside the expressions and what else faces differ in, each with the others held, and the edit is a sum of
these rows. It acts from 8 px on; at 4 px it turned heads.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from hold_mouth import Faces, described, landmarks_of, unit_rows
from steadyface.critics.expression import Expression
from steadyface.editing.card import EditCard
from steadyface.editing.catalogue import SHIPPED
from steadyface.editing.edit import Edit
from steadyface.faces.mesh import FaceMesh
from steadyface.faces.topology import (
    LEFT_EYE_CORNERS,
    LIP_GAPS,
    MOUTH_CORNERS,
    NOSE_TIP,
    RIGHT_EYE_CORNERS,
    interocular,
    mouth_opening,
)
from steadyface.gan.base import Generator, sample_codes
from steadyface.gan.load import load_generator
from steadyface.metrics.strength import expression_scorer
from train_edits import FACE

Array = NDArray[np.float64]
SIDES = (8, 16, 32)
LENGTHS = {"angry": 2.8, "brows": -2.9, "between": -1.4, "corners": -2.8, "happy": -2.0, "sad": -2.0, "eyes": 1.6}
"""Of each row, in W: how far the edit goes along it at strength 1."""
CHECKED = 24
INNER_BROWS, OUTER_BROWS, LIDS = (55, 285), (46, 276), ((159, 145), (386, 374))


def measures(landmarks: Array) -> Faces:
    """What (N, 468, 2) landmarks tell of a face, by name, (N,) each, in distances of the eyes."""
    right, left = (landmarks[:, corners].mean(1) for corners in (RIGHT_EYE_CORNERS, LEFT_EYE_CORNERS))
    across = (left - right) / np.linalg.norm(left - right, axis=1, keepdims=True)
    up, scale = np.stack([across[:, 1], -across[:, 0]], axis=1), interocular(landmarks)

    def above(points: Array, base: Array) -> Array:
        return np.asarray(((points - base) * up).sum(1) / scale)

    def apart(a: int, b: int) -> Array:
        return np.asarray(np.linalg.norm(landmarks[:, a] - landmarks[:, b], axis=1) / scale)

    def brow(brows: tuple[int, int], place: int) -> Array:
        eyes = (RIGHT_EYE_CORNERS[place], LEFT_EYE_CORNERS[place])
        pairs = zip(brows, eyes, strict=True)
        return np.asarray(np.mean([above(landmarks[:, over], landmarks[:, eye]) for over, eye in pairs], axis=0))

    lips = landmarks[:, LIP_GAPS[1]].mean(1)
    return {
        "brows": brow(INNER_BROWS, 1),
        "temples": brow(OUTER_BROWS, 0),
        "between": apart(*INNER_BROWS),
        "corners": np.asarray(np.mean([above(landmarks[:, corner], lips) for corner in MOUTH_CORNERS], axis=0)),
        "eyes": np.asarray(np.mean([apart(*lids) for lids in LIDS], axis=0)),
        "nose": above(landmarks[:, NOSE_TIP], (right + left) / 2),
        "opening": np.asarray(mouth_opening(landmarks)),
    }


@torch.no_grad()
def told(edit: Edit, generator: Generator) -> str:
    """What it does to other faces, in the mean."""
    score, mesh, changes = expression_scorer(Expression()), FaceMesh.load(), []
    for ws in sample_codes(generator, CHECKED, seed=31):
        found = []
        for codes in (ws, edit(ws, generator)):
            image = generator.synthesis(codes)
            shape = measures(landmarks_of(mesh, image)[None])
            found.append([shape["brows"].item(), shape["opening"].item(), score(image)["angry"].item()])
        changes.append(np.subtract(found[1], found[0]))
    brows, opening, angry = np.mean(changes, axis=0)
    return f"{CHECKED} faces: brows {brows:+.3f}, opening {opening:+.3f}, angry {angry:+.1f} log-odds"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1200)
    parser.add_argument("--out", type=Path, default=Path("training/runs/anger.npz"), help="kept for the next time")
    args = parser.parse_args()
    generator = load_generator("mobile-ffhq-256")
    faces = described(args.out, generator, args.count)
    rows = unit_rows(faces, measures(faces["landmarks"]))
    whole = torch.stack([length * rows[name] for name, length in LENGTHS.items()]).sum(0)
    card = EditCard(
        "angry", "looks angry", "angry", trained_on=f"{args.count} generated faces", region=FACE, keeps=("eyes",),
        holds_mouth=True,
    )  # fmt: skip
    edit = Edit(card, dict.fromkeys(SIDES, whole))
    edit.save(SHIPPED / "angry.safetensors")
    print(told(edit, generator))


if __name__ == "__main__":
    main()
