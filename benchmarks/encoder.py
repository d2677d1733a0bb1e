"""How near the encoder's codes come to a face before any refinement: held-out samples and real photographs.

python benchmarks/encoder.py --photos ../shared/faces
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor

from steadyface.critics.identity import Identity
from steadyface.critics.lpips import Lpips
from steadyface.faces.align import crop, quad
from steadyface.faces.detect import FaceDetector
from steadyface.faces.mesh import FaceMesh
from steadyface.frames import to_tensor
from steadyface.gan.base import broadcast_w, sample_w
from steadyface.gan.load import load_generator
from steadyface.gan.mobile_stylegan import MobileStyleGAN
from steadyface.inversion.encoder import Encoder


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


@torch.no_grad()
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=Path, default=Path("../shared/faces"))
    parser.add_argument("--samples", type=int, default=100)
    args = parser.parse_args()
    generator, lpips, identity = load_generator("mobile-ffhq-256"), Lpips("alex"), Identity()
    encoder = Encoder(lpips)
    mean_face = generator.synthesis(broadcast_w(generator, generator.w_mean[None]))
    print("| faces | count | LPIPS | LPIPS of the mean face | identity distance |\n|---|---|---|---|---|")
    for name, faces in (("samples", samples(generator, args.samples)), ("photographs", photographs(args.photos))):
        rows = []
        for face in faces:
            image = generator.synthesis(broadcast_w(generator, encoder(face)))
            distance = (identity(face) - identity(image)).norm(dim=1)
            rows.append([float(lpips(face, image)), float(lpips(face, mean_face)), float(distance)])
        print(f"| {name} | {len(rows)} | " + " | ".join(f"{value:.3f}" for value in np.mean(rows, axis=0)) + " |")


if __name__ == "__main__":
    main()
