"""Describe the generator's samples once, for the encoder and the edits: features, expression, age, gender, pose.

    python training/describe_faces.py --targets training/runs/head --out training/runs/faces.npz
    python training/describe_faces.py --codes ../shared/labels/faces480_z.npz --out training/runs/labelled.npz

Reads the 256 px images that `distil_head.py targets` rendered, or renders the given z codes itself.
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from distil_head import codes, renderer
from steadyface.critics.age_gender import AgeGender
from steadyface.critics.expression import Expression
from steadyface.critics.face_features import face_features
from steadyface.critics.identity import Identity
from steadyface.critics.lpips import Lpips
from steadyface.faces.detect import FaceDetector
from steadyface.faces.eyes import EyeFinder
from steadyface.faces.mesh import FaceMesh
from steadyface.faces.topology import head_yaw, mouth_opening
from steadyface.gan.base import sample_w
from steadyface.gan.load import load_generator


def rendered(folder: Path) -> Iterator[tuple[Tensor, Tensor]]:
    """W codes and images of `distil_head.py targets`."""
    images = np.load(folder / "targets.npy", mmap_mode="r")
    w = codes(load_generator("mobile-ffhq-1024"), len(images))
    for i in range(json.loads((folder / "done.json").read_text(encoding="utf-8"))):
        yield w[i : i + 1], torch.from_numpy(images[i : i + 1].astype(np.float32)).clamp(-1, 1)


def labelled(path: Path, ir: Path | None) -> Iterator[tuple[Tensor, Tensor]]:
    """W codes and images of a file of z codes, at truncation .85."""
    generator = load_generator("mobile-ffhq-1024")
    render = renderer(generator, ir)
    w = sample_w(generator, torch.from_numpy(np.load(path)["z"]), 0.85)
    for i in range(len(w)):
        image = render(w[i : i + 1])
        yield w[i : i + 1], F.avg_pool2d(image, 4).clamp(-1, 1)


def degraded(image: Tensor, rng: np.random.Generator) -> Tensor:
    """What a video does to a face: a slight misalignment, blur, another exposure and white balance, noise."""
    angle, zoom = rng.normal(0, 0.03), 1 + rng.normal(0, 0.03)
    shift = rng.normal(0, 0.015, 2)
    matrix = torch.tensor([[
        [np.cos(angle) * zoom, -np.sin(angle) * zoom, shift[0]],
        [np.sin(angle) * zoom, np.cos(angle) * zoom, shift[1]],
    ]], dtype=torch.float32)  # fmt: skip
    grid = F.affine_grid(matrix, list(image.shape), align_corners=False)
    image = F.grid_sample(image, grid, padding_mode="reflection", align_corners=False)
    side = int(rng.choice([96, 128, 192, 256]))
    small = F.interpolate(image, (side, side), mode="bilinear", align_corners=False, antialias=True)
    image = F.interpolate(small, (256, 256), mode="bicubic", align_corners=False)
    gain = torch.tensor(1 + rng.normal(0, 0.06, (1, 3, 1, 1)), dtype=torch.float32)
    image = (image * gain + rng.normal(0, 0.06)) * (1 + rng.normal(0, 0.08))
    return (image + torch.from_numpy(rng.normal(0, 0.02, image.shape).astype(np.float32))).clamp(-1, 1)


@torch.no_grad()
def describe(source: Iterator[tuple[Tensor, Tensor]], augmented: int) -> dict[str, np.ndarray]:
    lpips, expression, age_gender, identity = Lpips("alex"), Expression(), AgeGender(), Identity()
    detector, mesh, eyes = FaceDetector.load(), FaceMesh.load(), EyeFinder.load()
    rows: dict[str, list[np.ndarray]] = {}
    for number, (w, image) in enumerate(source):
        rng = np.random.default_rng((3, number))
        age, male = age_gender(image)
        picture = ((image[0].permute(1, 2, 0).numpy() + 1) * 127.5).round().astype(np.uint8)
        faces = detector.detect(picture)
        shape = np.full(4, np.nan)
        if faces:
            points = mesh.find(picture, faces[0]).landmarks
            shape = np.array([head_yaw(points), mouth_opening(points), *eyes.find(picture, points).opening()])
        views = [face_features(lpips, image)]
        views += [face_features(lpips, degraded(image, rng)) for _ in range(augmented)]
        row = {
            "w": w[0].numpy(),
            "features": torch.cat(views).half().numpy(),
            "expression": expression.logits(image)[0].numpy(),
            "age": age[0].numpy(),
            "male": male[0].numpy(),
            "identity": identity(image)[0].numpy(),
            "shape": shape,
        }
        for name, value in row.items():
            rows.setdefault(name, []).append(value)
        if number % 100 == 0:
            print(number, flush=True)
    return {name: np.stack(values) for name, values in rows.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--targets", type=Path)
    parser.add_argument("--codes", type=Path)
    parser.add_argument("--augmented", type=int, default=1, help="degraded views of each face beside the clean one")
    parser.add_argument("--ir", type=Path, help="as in distil_head.py: render with OpenVINO")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    source = labelled(args.codes, args.ir) if args.codes else rendered(args.targets)
    np.savez(args.out, **describe(source, args.augmented))


if __name__ == "__main__":
    main()
