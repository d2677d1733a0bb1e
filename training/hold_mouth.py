"""Make the edit that opens the mouth, and take out of an edit what opens it in the mean.

    python training/hold_mouth.py --out training/runs/mouths.npz smile

W codes are regressed on the opening of the mouth in their faces together with what goes with it, so that the row of the
opening is how W moves with it while that stays: four expressions, and sex, age, beard, eyeglasses and the turn of the
head, for who laughs into a camera isn't anybody (without them, a smile that doesn't open the mouth grew a moustache).
It acts at 16 and 32 px: there it opens lips; at 4 and 8 px it mostly moves the head. Of an edit, as much of that row is
taken away as leaves the mean opening of other faces as it was; what is left over, face by face,
`steadyface.editing.hold` sees to. Run it after `refine_edits.py`; an edit's file is replaced.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from steadyface.clip.folder import to_image
from steadyface.critics.age_gender import AgeGender
from steadyface.critics.attributes import Attributes
from steadyface.critics.expression import EXPRESSIONS, Expression
from steadyface.critics.lpips import Lpips
from steadyface.critics.scorers import log_odds
from steadyface.editing.card import EditCard, Effect
from steadyface.editing.catalogue import SHIPPED
from steadyface.editing.edit import Edit
from steadyface.faces.mesh import FaceMesh
from steadyface.faces.topology import head_yaw, mouth_opening
from steadyface.gan.base import Generator, broadcast_w, sample_codes, sample_w
from steadyface.gan.load import load_generator
from train_edits import LOWER_FACE, standard

LENGTH, SIDES = 3.0, (16, 32)
HELD = ("happy", "surprised", "angry", "sad")
TRUNCATION, CHECKED = 0.85, 40

Faces = dict[str, NDArray[np.float64]]
"""By name, an array with a row for each face."""


def landmarks_of(mesh: FaceMesh, image: Tensor) -> NDArray[np.float64]:
    return mesh.find_aligned(to_image(image)).landmarks.astype(np.float64)


@torch.no_grad()
def describe(generator: Generator, count: int) -> Faces:
    """W codes, landmarks, logits of expressions and what else faces differ in, of seeded samples."""
    mesh, expression, age_gender, attributes = FaceMesh.load(), Expression(), AgeGender(), Attributes(Lpips("alex"))
    z = torch.randn(count, generator.z_dim, generator=torch.Generator().manual_seed(11))
    w = sample_w(generator, z, TRUNCATION)
    found, logits, others = [], [], []
    for row in w:
        image = generator.synthesis(broadcast_w(generator, row[None]))
        landmarks = landmarks_of(mesh, image)
        found.append(landmarks)
        age, male = age_gender(image)
        worn = dict(zip(attributes.labels, attributes(image)[0].tolist(), strict=True))
        others.append([float(age), float(log_odds(male)), worn["beard"], worn["eyeglasses"], head_yaw(landmarks)])
        logits.append(expression.logits(image)[0].double().numpy())
    return {
        "w": w.double().numpy(),
        "landmarks": np.stack(found),
        "expression": np.stack(logits),
        "others": np.array(others),
    }


def described(path: Path, generator: Generator, count: int) -> Faces:
    """What `describe` tells, kept in a file for the next time."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez(path, **describe(generator, count))
    return dict(np.load(path))


def unit_row(faces: Faces, measured: NDArray[np.float64]) -> Tensor:
    """How W (w_dim,) moves with a measure (N,) of faces while the expressions and all else stay; a unit row."""
    expression = faces["expression"] - faces["expression"].mean(1, keepdims=True)
    expressions = [expression[:, EXPRESSIONS.index(name)] for name in HELD]
    known = standard(np.stack([measured, *expressions, *faces["others"].T], axis=1))
    row = np.linalg.lstsq(np.hstack([known, np.ones((len(known), 1))]), faces["w"], rcond=None)[0][0]
    return torch.from_numpy(row / np.linalg.norm(row)).float()


@torch.no_grad()
def held(edit: Edit, row: Tensor, generator: Generator) -> Edit:
    """The edit without what opens mouths, by the secant rule on other faces."""
    mesh = FaceMesh.load()
    codes = sample_codes(generator, CHECKED, seed=21)
    before = np.mean([float(mouth_opening(landmarks_of(mesh, generator.synthesis(ws)))) for ws in codes])

    def without(amount: float) -> Edit:
        less = {side: edit.directions[side] - amount * row for side in SIDES}
        return replace(edit, directions=edit.directions | less)

    def added(amount: float) -> float:
        less = without(amount)
        pictures = (generator.synthesis(less(ws, generator)) for ws in codes)
        return float(np.mean([mouth_opening(landmarks_of(mesh, picture)) for picture in pictures]) - before)

    low, high = 0.0, 2.0
    at_low, at_high = added(low), added(high)
    for _ in range(2):
        low, at_low, high = high, at_high, high - at_high * (high - low) / (at_high - at_low)
        at_high = added(high)
    print(f"{edit.card.name}: {high:.2f} of the row taken away, which leaves {at_high:+.3f} of opening")
    return without(high)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--count", type=int, default=900)
    parser.add_argument("--out", type=Path, default=Path("training/runs/mouths.npz"), help="kept for the next time")
    args = parser.parse_args()
    generator = load_generator("mobile-ffhq-256")
    faces = described(args.out, generator, args.count)
    row = unit_row(faces, mouth_opening(faces["landmarks"]))
    card = EditCard(
        "open-mouth", "opens the mouth", opposite="closes it", trained_on=f"{args.count} generated faces",
        effect=Effect(LOWER_FACE, preserved_parts=("eyes",)),
    )  # fmt: skip
    Edit(card, {side: LENGTH * row for side in SIDES}).save(SHIPPED / "open-mouth.safetensors")
    for name in args.names:
        path = SHIPPED / f"{name}.safetensors"
        edit = held(Edit.load(path), row, generator)
        effect = replace(edit.card.effect, outline="inside", preserves_lip_opening=True)
        replace(edit, card=replace(edit.card, effect=effect)).save(path)


if __name__ == "__main__":
    main()
