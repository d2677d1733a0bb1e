"""How near the encoder's codes come to a face before any refinement: held-out samples and real photographs.

    python benchmarks/encoder.py --photos ../shared/faces
    python benchmarks/encoder.py --encoder small-restyle-e4e     # one of `models import` or `training/train_psp.py`
    python benchmarks/encoder.py --encoder small-restyle-e4e --sheet docs/edits/restyle.jpg

ReStyle's get a row for each iteration. ``--sheet`` shows some of the photographs and what comes of them instead.
"""

import argparse
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor

from steadyface.clip.folder import to_image, to_tensor
from steadyface.critics.identity import Identity
from steadyface.critics.lpips import Lpips
from steadyface.faces.align import crop, quad
from steadyface.faces.detect import FaceDetector
from steadyface.faces.mesh import FaceMesh
from steadyface.gan.base import broadcast_w, sample_w
from steadyface.gan.load import load_generator
from steadyface.gan.mobile_stylegan import MobileStyleGAN
from steadyface.inversion.encoder import Encoder
from steadyface.inversion.encoders import encoder_file
from steadyface.inversion.psp import ITERATIONS, load_encoder
from steadyface.report.contact_sheet import contact_sheet
from steadyface.report.jpeg import save_jpeg
from steadyface.report.labels import Image

SHOWN = 4
"""Photographs on the sheet."""


def samples(generator: MobileStyleGAN, count: int) -> Iterator[Tensor]:
    """Faces that no network here has seen: another seed than any training script's."""
    z = torch.randn(count, 512, generator=torch.Generator().manual_seed(99))
    for w in sample_w(generator, z, 0.7).split(1):
        yield generator.synthesis(broadcast_w(generator, w)).clamp(-1, 1)


def photographs(folder: Path) -> Iterator[Tensor]:
    """Real faces, aligned."""
    detector, mesh = FaceDetector.load(), FaceMesh.load()
    for path in sorted(folder.glob("*.jpg")):
        image = np.ascontiguousarray(cv2.imread(str(path))[:, :, ::-1])
        landmarks = mesh.find(image, detector.detect(image)[0]).landmarks
        yield to_tensor(crop(image, quad(landmarks), 256))


Guess = Callable[[Tensor], Tensor]
"""A face to its codes (1, num_ws, w_dim)."""


def guesses(generator: MobileStyleGAN, lpips: Lpips, name: str | None) -> dict[str, Guess]:
    """The encoder that ships, or an imported one; by what is said of it in the table."""
    if name is None:
        shipped = Encoder(lpips)
        return {"shipped": lambda face: broadcast_w(generator, shipped(face))}
    other = load_encoder(encoder_file(name))
    if not other.network.shape.iterates:
        return {name: lambda face: other(face, generator)}
    return {
        f"{name}, iteration {k}": partial(other, generator=generator, iterations=k) for k in range(1, ITERATIONS + 1)
    }


def sheet(generator: MobileStyleGAN, encoders: Mapping[str, Guess], faces: Iterable[Tensor]) -> Image:
    """A row for each face: itself and what each encoder makes of it."""
    rows = [
        [to_image(face), *(to_image(generator.synthesis(guess(face))) for guess in encoders.values())] for face in faces
    ]
    return contact_sheet(rows, [""] * len(rows), ["photograph", *encoders])


@torch.no_grad()
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=Path, default=Path("../shared/faces"))
    parser.add_argument("--samples", type=int, default=100)
    parser.add_argument("--encoder", help="name or file of another encoder")
    parser.add_argument("--sheet", type=Path, help="a picture to write, in the place of the table")
    args = parser.parse_args()
    generator, lpips = load_generator("mobile-ffhq-256"), Lpips("alex")
    encoders = guesses(generator, lpips, args.encoder)
    if args.sheet:
        save_jpeg(args.sheet, sheet(generator, encoders, islice(photographs(args.photos), SHOWN)))
        return
    identity = Identity()
    mean_face = generator.synthesis(broadcast_w(generator, generator.w_mean[None]))
    print("| encoder | faces | count | LPIPS | LPIPS of the mean face | identity distance |\n|---|---|---|---|---|---|")
    for kind, faces in (("samples", samples(generator, args.samples)), ("photographs", photographs(args.photos))):
        rows: dict[str, list[list[float]]] = {name: [] for name in encoders}
        for face in faces:
            for name, guess in encoders.items():
                image = generator.synthesis(guess(face))
                distance = (identity(face) - identity(image)).norm(dim=1)
                rows[name].append([float(lpips(face, image)), float(lpips(face, mean_face)), float(distance)])
        for name, of in rows.items():
            figures = " | ".join(f"{value:.3f}" for value in np.mean(of, axis=0))
            print(f"| {name} | {kind} | {len(of)} | {figures} |", flush=True)


if __name__ == "__main__":
    main()
