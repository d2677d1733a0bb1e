"""How well the critics do on photographs that a hand has marked, on clips, and on generated faces that were labelled.

    python benchmarks/critics_accuracy.py --shared DATA
    python benchmarks/critics_accuracy.py --shared DATA --labelled 0    # without the generated ones, which take minutes

DATA holds `faces` and `clips`, as for `face_accuracy.py`, and `labels`: codes z of the default generator in
`faces480_z.npz`, and in `faces480_labels.json` which of them show what.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from face_accuracy import Finders, photographs
from steadyface.clip.folder import to_tensor
from steadyface.critics.age_gender import AgeGender
from steadyface.critics.attributes import Attributes
from steadyface.critics.expression import EXPRESSIONS, Expression
from steadyface.critics.identity import Identity
from steadyface.critics.landmarks import Landmarks
from steadyface.critics.lpips import Lpips
from steadyface.faces.align import crop, crop_matrix, quad
from steadyface.faces.detect import FaceDetector
from steadyface.faces.eyes import EyeFinder
from steadyface.faces.mesh import FaceMesh
from steadyface.faces.resample import apply
from steadyface.faces.topology import ffhq_points
from steadyface.gan.base import broadcast_w, sample_w, synthesise
from steadyface.gan.load import load_generator
from steadyface.video.reader import read_frames

SIDE = 256
POINTS = [0, 1, 87, 93]
"""The pupils and the corners of the mouth among the points by hand."""
MIDDLE = {"chin": [8], "nose": [27, 28, 29, 30], "lips": [51, 57]}


def of_people(shared: Path, attributes: Attributes) -> None:
    """Print what the critics say of every photograph, and of every clip's first frame."""
    finders = Finders(FaceDetector.load(), FaceMesh.load(), EyeFinder.load())
    portraits = list(photographs(shared / "faces"))
    images = {portrait.name: portrait.image for portrait in portraits}
    images |= {path.stem: next(read_frames(path)).image for path in sorted((shared / "clips").glob("*.mpg"))}
    corners = {name: quad(finders.look(image)) for name, image in images.items()}
    crops = torch.cat([to_tensor(crop(image, corners[name], SIDE)) for name, image in images.items()])
    marked = [apply(crop_matrix(corners[each.name], SIDE), each.marks[POINTS]) for each in portraits]
    _table(list(images), crops, attributes)
    _identity(crops[: len(portraits)])
    _landmarks(crops[: len(portraits)], (np.stack(marked) + 0.5) / SIDE)


def _table(names: list[str], crops: Tensor, attributes: Attributes) -> None:
    neutral = Expression()(crops)[:, EXPRESSIONS.index("neutral")]
    age, male = AgeGender()(crops)
    print("name, neutral, age, male, log-odds of", ", ".join(attributes.labels))
    for name, *figures in zip(names, neutral, age, male, attributes(crops), strict=True):
        print(f"  {name:15} {figures[0]:.3f} {figures[1]:5.1f} {figures[2]:.2f}", *(f"{x:6.1f}" for x in figures[3]))


def _identity(crops: Tensor) -> None:
    """Among people, and between each and its mirror image at half the size."""
    identity = Identity()
    small = F.interpolate(crops.flip(3), size=SIDE // 2, mode="bilinear", align_corners=False, antialias=True)
    descriptors = identity(crops)
    others = torch.pdist(descriptors)
    again = (identity(small) - descriptors).norm(dim=1)
    print(f"identity: the same person mirrored and small at most {again.max():.3f};")
    print(f"  two people at least {others.min():.3f}, mostly {others.median():.3f}")


def _landmarks(crops: Tensor, marked: np.ndarray) -> None:
    """Against marks (N, 4, 2), and against those of the mirror image, as parts of the crop's side."""
    landmarks = Landmarks()
    found, mirrored = landmarks(crops), landmarks(crops.flip(3))
    apart = np.linalg.norm(ffhq_points(found.numpy()) - marked, axis=-1)
    print(f"landmarks: {apart.mean():.4f} from the marks, at most {apart.max():.4f}; from the mirror image's")
    mirrored[..., 0] = 1 - mirrored[..., 0]
    for name, points in MIDDLE.items():
        print(f"  {name} {(found[:, points] - mirrored[:, points]).norm(dim=-1).mean():.4f}")


def of_labelled(folder: Path, attributes: Attributes, count: int) -> None:
    """Print how well the attributes are told in the first labelled faces."""
    marks = json.loads((folder / "faces480_labels.json").read_text(encoding="utf-8"))
    z = torch.from_numpy(np.load(folder / "faces480_z.npz")["z"][:count])
    generator = load_generator("mobile-ffhq-256")
    ws = broadcast_w(generator, sample_w(generator, z, marks["truncation_psi"]))
    scores = torch.cat([attributes(synthesise(generator, code[None])) for code in ws])
    for label, column in zip(attributes.labels, scores.T, strict=True):
        shows = torch.zeros(len(z), dtype=torch.bool)
        shows[[number for number in marks[label] if number < len(z)]] = True
        told = torch.ones(len(z), dtype=torch.bool)
        if label == "eyeglasses":  # dark ones are neither
            told[[number for number in marks["unsure_eyeglasses"] + marks["sunglasses"] if number < len(z)]] = False
        with_it, without = column[shows & told], column[~shows & told]
        area = (with_it[:, None] > without).float().mean()
        print(
            f"{label}: told in {(with_it > 0).sum()} of {len(with_it)}, and in {(without > 0).sum()} of {len(without)}"
        )
        print(f"  that show none; area under the curve {area:.3f}")


@torch.no_grad()
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, required=True, metavar="DATA", help="with faces/, clips/ and labels/")
    parser.add_argument("--labelled", type=int, default=480, help="how many generated faces to look at")
    args = parser.parse_args()
    attributes = Attributes(Lpips("alex"))
    of_people(args.shared, attributes)
    if args.labelled:
        of_labelled(args.shared / "labels", attributes, args.labelled)


if __name__ == "__main__":
    main()
