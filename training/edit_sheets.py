"""Contact sheets of the edits that ship: docs/edits/NAME.jpg, a face per row, a strength per column.

    python training/edit_sheets.py [NAME ...] [--runs FOLDER ...] [--kind mappers]

The real faces of the run folders, inverted (the clip's middle frame), then ten samples. The sheets of the networks of
the Latent Transformer are docs/edits/latent-transformer-NAME.jpg.
"""

import argparse
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from torch import Tensor

from steadyface.baselines import latent_networks
from steadyface.baselines.latent_transformer import LatentEdit
from steadyface.clip.folder import to_image
from steadyface.editing.catalogue import MAPPERS, SHIPPED
from steadyface.editing.edit import Edit
from steadyface.editing.mapper import MapperEdit
from steadyface.gan.base import Generator, sample_codes
from steadyface.gan.load import load_generator
from steadyface.report.jpeg import save_jpeg
from steadyface.report.labels import text_line

Image = NDArray[np.uint8]
ONE_WAY, BOTH_WAYS = (0.4, 0.7, 1.0, 1.3, 1.6), (-1.0, -0.5, 0.5, 1.0, 1.5)
ROWS, TRUNCATION = 10, 0.7
TILE, LABEL = 160, 20

Sheeted = Edit | MapperEdit | LatentEdit
KINDS: dict[str, tuple[Path, Callable[[Path], Sheeted], str]] = {
    "directions": (SHIPPED, Edit.load, ""),
    "mappers": (MAPPERS, MapperEdit.load, ""),
    "latent-transformer": (latent_networks.SHIPPED, LatentEdit.load, "latent-transformer-"),
}
"""The folder of each kind that ships, how one is read, and what its sheet's name begins with."""

Faces = list[tuple[Generator, Tensor]]
"""A generator and a code (1, num_ws, w_dim) each."""


def samples(generator: Generator, seed: int) -> Faces:
    return [(generator, ws) for ws in sample_codes(generator, ROWS, seed, TRUNCATION)]


def inverted(generator: Generator, run: Path) -> tuple[Generator, Tensor]:
    """The tuned generator of a finished run, and the code of its clip's middle frame."""
    ws = load_file(run / "state" / "refine.safetensors")["ws"]
    tuned = deepcopy(generator)
    tuned.load_state_dict({**generator.state_dict(), **load_file(run / "state" / "tune.safetensors")})
    return tuned, ws[len(ws) // 2][None]


def sheet(edit: Sheeted, faces: Faces) -> Image:
    """Rows of faces: as they are, then at each strength."""
    strengths = BOTH_WAYS if edit.card.opposite else ONE_WAY
    labels = [edit.card.name, *(f"{strength:+g}" for strength in strengths)]
    rows = [np.concatenate([text_line(label, LABEL, TILE, centred=True) for label in labels], axis=1)]
    for generator, ws in faces:
        codes = [ws, *(replace(edit, strength=strength)(ws, generator) for strength in strengths)]
        images = [to_image(generator.synthesis(code)) for code in codes]
        tiles = [cv2.resize(image, (TILE, TILE), interpolation=cv2.INTER_AREA) for image in images]
        rows.append(np.concatenate(tiles, axis=1))
    return np.concatenate(rows)


@torch.no_grad()
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--kind", choices=list(KINDS), default="directions")
    parser.add_argument("--runs", type=Path, nargs="+", default=[], metavar="FOLDER")
    parser.add_argument("--model", default="mobile-ffhq-256")
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--out", type=Path, default=Path("docs/edits"))
    args = parser.parse_args()
    generator = load_generator(args.model)
    faces = [inverted(generator, run) for run in args.runs] + samples(generator, args.seed)
    args.out.mkdir(parents=True, exist_ok=True)
    folder, load, prefix = KINDS[args.kind]
    for name in args.names or [path.stem for path in sorted(folder.glob("*.safetensors"))]:
        picture, path = sheet(load(folder / f"{name}.safetensors"), faces), args.out / f"{prefix}{name}.jpg"
        save_jpeg(path, picture)
        print(f"{path}: {path.stat().st_size // 1000} KB")


if __name__ == "__main__":
    main()
