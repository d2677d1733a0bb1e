"""The unoccluded faces of `train_occlusion.py`: samples of the generator, plain and edited, and real ones."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from distil_head import codes
from steadyface.clip.folder import spread, to_image
from steadyface.editing.catalogue import Request, load
from steadyface.errors import FaceError
from steadyface.faces.align import crop, quad
from steadyface.faces.detect import FaceDetector
from steadyface.faces.mask import PersonMask, face_mask
from steadyface.faces.mesh import FaceMesh
from steadyface.faces.resample import resample_fast
from steadyface.gan.load import load_embedded
from steadyface.gan.models import SMALL
from steadyface.video.reader import read_frames

Bytes = NDArray[np.uint8]

SIDE = 192
"""px of the pictures that are kept."""
HELD_OUT = 100
"""The first faces, kept for the evaluation."""
FRAMES = 12
"""Of each clip at most."""
EDITS = (
    *["eyeglasses", "eyeglasses:1.3", "mapper-eyeglasses", "beard", "mapper-beard", "age", "age:-1", "gender:-1"],
    *["head-turn:1.8", "head-turn:-1.8", "head-turn:1.2", "head-turn:-1.2", "smile", "open-mouth", "surprised"],
)
"""What a face may be edited with. Eyeglasses and beards are the person's own, so that they belong to the face."""
EDITED = 0.65
"""Share of the faces that are edited."""


@dataclass(frozen=True)
class Faces:
    """FFHQ-aligned crops without anything in front of the face."""

    pictures: Bytes
    """(N, SIDE, SIDE, 3)."""
    outlines: Bytes
    """(N, SIDE, SIDE): 255 inside the face's outline."""
    persons: Bytes
    """(N, SIDE, SIDE): 255 where a person is."""

    def __len__(self) -> int:
        return len(self.pictures)

    def part(self, start: int, stop: int | None) -> "Faces":
        """Those from ``start`` to before ``stop``."""
        return Faces(self.pictures[start:stop], self.outlines[start:stop], self.persons[start:stop])

    def __add__(self, other: "Faces") -> "Faces":
        pairs = zip(vars(self).values(), vars(other).values(), strict=True)
        return Faces(*(np.concatenate(pair) for pair in pairs))


class Outliner:
    """Reduces pictures to `SIDE` and finds the face and the person in them."""

    def __init__(self) -> None:
        self.detector, self.mesh, self.person = FaceDetector.load(), FaceMesh.load(), PersonMask.load()

    def cut(self, picture: Bytes) -> Bytes | None:
        """The crop (SIDE, SIDE, 3) of the first face that is found in a picture."""
        detections = self.detector.detect(picture)
        return crop(picture, quad(self.mesh.find(picture, detections[0]).landmarks), SIDE) if detections else None

    def described(self, aligned: Bytes) -> tuple[Bytes, Bytes, Bytes]:
        """A crop of any size as picture, outline and person."""
        scale = len(aligned) / SIDE
        shrink = np.array([[scale, 0, (scale - 1) / 2], [0, scale, (scale - 1) / 2]])
        picture = np.clip(np.rint(resample_fast(aligned, shrink, (SIDE, SIDE))), 0, 255).astype(np.uint8)
        outline = face_mask(self.mesh.find_aligned(picture).landmarks, SIDE)
        masks = (outline, self.person.find(picture))
        return (picture, *(np.rint(255 * mask).astype(np.uint8) for mask in masks))


@torch.no_grad()
def draw_faces(runs: Path, count: int) -> None:
    """Draw the faces that are still missing; codes and edits are seeded."""
    generator, outliner = load_embedded(SMALL), Outliner()
    w = codes(generator, count)
    edits = {name: load(Request.parse(name)) for name in EDITS}
    done_file = runs / "done.json"
    done = json.loads(done_file.read_text(encoding="utf-8")) if done_file.exists() else 0
    shapes = {"pictures": (count, SIDE, SIDE, 3), "outlines": (count, SIDE, SIDE), "persons": (count, SIDE, SIDE)}
    stored = [
        np.lib.format.open_memmap(runs / f"{name}.npy", "r+" if done else "w+", dtype=np.uint8, shape=shape)
        for name, shape in shapes.items()
    ]
    for i in range(done, count):
        rng = np.random.default_rng((7, i))
        ws = w[i][None, None].expand(1, generator.num_ws, -1)
        if rng.random() < EDITED:
            ws = edits[rng.choice(EDITS)](ws, generator)
        described = outliner.described(to_image(generator.synthesis(ws)))
        for array, value in zip(stored, described, strict=True):
            array[i] = value
        if i % 25 == 24 or i == count - 1:
            for array in stored:
                array.flush()
            done_file.write_text(str(i + 1), encoding="utf-8")
            print(f"{i + 1} of {count} faces", flush=True)


def aligned_crops(path: Path, outliner: Outliner, most: int) -> Iterator[Bytes]:
    """At most ``most`` crops of a clip's first face, or of a photograph's."""
    frames = [frame.image for frame in read_frames(path)]
    for index in spread(len(frames), most) if len(frames) > 1 else [0]:
        cut = outliner.cut(frames[index])
        if cut is not None:
            yield cut


def cut_photographs(runs: Path, paths: list[Path]) -> None:
    """Cut the faces of photographs and clips. Raises `FaceError` for a file without a face."""
    outliner, rows = Outliner(), []
    for path in paths:
        found = list(aligned_crops(path, outliner, FRAMES))
        if not found:
            raise FaceError(f"{path}: no face found")
        rows += [outliner.described(cut) for cut in found]
    columns = [np.stack(column) for column in zip(*rows, strict=True)]
    np.savez(runs / "photographs.npz", **dict(zip(Faces.__annotations__, columns, strict=True)))


def read_faces(runs: Path) -> tuple[Faces, Faces]:
    """The faces to train on and those held out, as far as they are drawn."""
    done = json.loads((runs / "done.json").read_text(encoding="utf-8"))
    drawn = Faces(*(np.load(runs / f"{name}.npy", mmap_mode="r")[:done] for name in Faces.__annotations__))
    held_out, trained = drawn.part(0, HELD_OUT), drawn.part(HELD_OUT, None)
    photographs = runs / "photographs.npz"
    if photographs.exists():
        with np.load(photographs) as file:
            trained = trained + Faces(**file)
    return trained, held_out
