"""The generators by name: the embedded ones, and those that a user has imported. Importing it doesn't import torch."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from steadyface.errors import InputError
from steadyface.runtime.files import safetensors_metadata, user_folder

WEIGHTS = Path(__file__).resolve().parents[1] / "weights"
"""The folder of the networks that this project trained itself."""
MODELS = {"mobile-ffhq-256": 256, "mobile-ffhq-512": 512, "mobile-ffhq-1024": 1024}
"""Name -> side of the pictures in pixels; the first is the default."""
SMALL, *LARGER = MODELS
"""A clip is learnt with the first, and may be drawn with another (`gan.lift`)."""
SIZES = tuple(MODELS.values())
"""Sides in pixels at which it may be drawn."""
W_SPACE = "stylegan2-ffhq"
"""The W space of the embedded generators, which is that of StyleGAN2's official FFHQ file (config F)."""
KEY = "steadyface.model"
_CHECKPOINTS = (".pkl", ".pt", ".pth", ".tar")


@dataclass(frozen=True)
class ModelCard:
    """What is known about an imported StyleGAN2; saved in its file's metadata."""

    resolution: int
    z_dim: int
    w_dim: int
    mapping_layers: int
    channel_base: int
    channel_max: int
    w_space: str = ""
    """`W_SPACE`, or empty if it has its own W space. Then neither the encoder nor the edits that ship fit it."""
    source: str = ""
    """The file that it was imported from, and the kind of that file."""
    licence: str = "unknown: ask whoever made the file"

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a card from a file's header. Raises `InputError` when the file is something else."""
        try:
            card = cls(**json.loads(safetensors_metadata(path)[KEY]))
            sizes = (card.resolution, card.z_dim, card.w_dim, card.mapping_layers, card.channel_base, card.channel_max)
            if not all(isinstance(size, int) and 0 < size <= 2**20 for size in sizes):
                raise ValueError("a size that no generator has")
        except (KeyError, ValueError, TypeError) as error:
            raise InputError(f"{path} is not a generator that `steadyface models import` has written") from error
        return card

    def metadata(self) -> dict[str, str]:
        """The card as metadata of a safetensors file."""
        return {KEY: json.dumps(asdict(self))}


def folder() -> Path:
    """The folder of imported generators: ``$STEADYFACE_MODELS``, or one in the data folder."""
    return user_folder("models", "STEADYFACE_MODELS")


def imported() -> dict[str, Path]:
    """Name -> file of the imported generators."""
    return {path.stem: path for path in sorted(folder().glob("*.safetensors"))}


def file_of(name: str) -> Path | None:
    """The file of an imported generator, given by its name or path; None for an embedded one.

    Raises `InputError` for an unknown name, and for a file that has to be imported first.
    """
    if name in MODELS:
        return None
    path = imported().get(name, Path(name))
    if path.suffix in _CHECKPOINTS and path.is_file():
        raise InputError(f"{name} is another program's file; `steadyface models import {name}` makes a model of it")
    if path.suffix != ".safetensors" or not path.is_file():
        known = ", ".join([*MODELS, *imported()])
        raise InputError(
            f"unknown model '{name}'; known: {known}, or a file that `steadyface models import` has written"
        )
    return path


def of_size(size: int) -> str:
    """The embedded generator whose pictures have this side, one of `SIZES`."""
    return next(name for name, side in MODELS.items() if side == size)


def resolution_of(name: str) -> int:
    """Side of a generator's pictures in pixels. Raises `InputError` for an unknown one."""
    path = file_of(name)
    return ModelCard.read(path).resolution if path else MODELS[name]


def w_space_of(name: str) -> str:
    """Name of a generator's W space; empty if it has one of its own. Raises `InputError` for an unknown generator."""
    path = file_of(name)
    return ModelCard.read(path).w_space if path else W_SPACE
