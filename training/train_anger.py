"""Make the edit that looks angry: brows down, corners of the mouth down, nobody shouts, and nobody else changes.

    python training/train_anger.py

A classifier of expressions likes an open mouth best: the edit that had been led by it alone made women look surprised.
A regression of W on brows and mouths frowned a little, cut hair short, darkened it and put on a suit. So directions for
sides from 8 to 32 px descend from nothing by the loss of `refine_edits.py`, and by landmarks beside it: brows are to
sink, corners of the mouth, too; the opening, the face's outline and eyeglasses are to stay.
"""

import argparse
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from hold_mouth import landmarks_of
from refine_edits import RECIPES, UNSEEN, Critics, More, Plain, Terms, plain_faces, refine, whitening
from steadyface.critics.expression import Expression
from steadyface.critics.landmarks import Landmarks
from steadyface.critics.lpips import Lpips
from steadyface.critics.scorers import expression_scorer
from steadyface.editing.card import EditCard, Effect
from steadyface.editing.catalogue import SHIPPED
from steadyface.editing.edit import Edit
from steadyface.faces.mesh import FaceMesh
from steadyface.faces.topology import LEFT_EYE_CORNERS, RIGHT_EYE_CORNERS, interocular, mouth_opening
from steadyface.gan.base import Generator, broadcast_w, sample_codes
from steadyface.gan.load import load_generator
from train_edits import FACE

SIDES = (8, 16, 32)
RECIPE = replace(
    RECIPES["angry"],
    goal=3.0,
    region=(0.28, 0.93, 0.2, 0.8),
    never=("happy", "surprised", "fearful"),
    outside=10.0,
    identity=2.0,
)
INNER, OUTER, CORNERS = -0.08, -0.04, -0.03
"""How far inner and outer ends of the brows, and the corners of the mouth, are to sink: parts of the eyes' distance."""
OPENING, OUTLINE = 0.06, 0.11
"""Changes of the mouth's opening, and of the face's height and width, that cost 1."""
WORN = 4.0
"""Log-odds of eyeglasses that are to be left of what a face wears."""
CHECKED = 24
INNER_BROWS, MESH_INNER_CORNERS = (55, 285), (RIGHT_EYE_CORNERS[1], LEFT_EYE_CORNERS[1])


def shape_of(points: Tensor) -> Tensor:
    """Of landmarks (68, 2), in distances of the eyes: (6,).

    Inner and outer brows over the corners of the eyes, corners of the mouth over its middle, how far it is open, height
    and width of the face.
    """
    eyes = (points[36:42].mean(0) - points[42:48].mean(0)).norm()

    def below(low: list[int], high: list[int]) -> Tensor:
        return points[low, 1].mean() - points[high, 1].mean()

    inner, outer = below([39, 42], [20, 21, 22, 23]), below([36, 45], [17, 18, 25, 26])
    corners, opening = below([62, 66], [48, 54]), below([65, 66, 67], [61, 62, 63])
    return torch.stack([inner, outer, corners, opening, below([8], [36, 45]), points[14, 0] - points[2, 0]]) / eyes


def frown(plain: Plain, generator: Generator, landmarks: Landmarks) -> More:
    """The terms that landmarks, and what a face wears, add to the loss."""
    with torch.no_grad():
        faces = [generator.synthesis(broadcast_w(generator, w[None])) for w in plain.w]
        before = [shape_of(landmarks(face)[0]) for face in faces]

    def terms(image: Tensor, scores: dict[str, Tensor], row: int) -> Terms:
        inner, outer, corners, opening, *outline = shape_of(landmarks(image)[0]) - before[row]
        worn, now = plain.scores["eyeglasses"][row], scores["eyeglasses"][0]
        lost_or_found = worn.clamp(max=WORN) - now if worn > 0 else now - worn.clamp(min=UNSEEN)
        return {
            "brows": 24 * F.relu(inner - INNER) + 12 * F.relu(outer - OUTER),
            "corners": 6 * F.relu(corners - CORNERS),
            "opening": (opening / OPENING).square(),
            "outline": torch.stack(outline).div(OUTLINE).square().sum(),
            "eyeglasses": F.relu(lost_or_found),
        }

    return terms


@torch.no_grad()
def told(edit: Edit, generator: Generator) -> str:
    """What it does to other faces, in the mean, by a network that it wasn't led by, and by the classifier."""
    score, mesh, changes = expression_scorer(Expression()), FaceMesh.load(), []
    for ws in sample_codes(generator, CHECKED, seed=31):
        found = []
        for codes in (ws, edit(ws, generator)):
            image = generator.synthesis(codes)
            points = landmarks_of(mesh, image)
            brows = (points[list(MESH_INNER_CORNERS), 1] - points[list(INNER_BROWS), 1]).mean() / interocular(points)
            found.append([float(brows), float(mouth_opening(points)), score(image)["angry"].item()])
        changes.append(np.subtract(found[1], found[0]))
    brows, opening, angry = np.mean(changes, axis=0)
    return f"{CHECKED} faces: brows {brows:+.3f}, opening {opening:+.3f}, angry {angry:+.1f} log-odds"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--meant", type=float, default=0.85, help="the part of what is learnt that is strength 1")
    args = parser.parse_args()
    generator = load_generator("mobile-ffhq-256")
    critics = Critics.load(Lpips("alex"))
    with torch.no_grad():
        plain, root = plain_faces(generator, critics, seed=5), whitening(generator, seed=6)
    card = EditCard(
        "angry", "looks angry", "angry", trained_on=f"{len(plain.w)} generated faces",
        effect=Effect(FACE, "inside", ("irises",), preserves_lip_opening=True),
    )  # fmt: skip
    edit = Edit(card, {side: torch.zeros(generator.w_dim) for side in SIDES})
    more = frown(plain, generator, Landmarks())
    edit = refine(edit, RECIPE, generator, critics, plain, root, args.steps, more)
    edit = replace(edit, directions={side: args.meant * row for side, row in edit.directions.items()})
    edit.save(SHIPPED / "angry.safetensors")
    print(told(edit, generator))


if __name__ == "__main__":
    main()
