"""In-domain edits: a direction in W for each layer side, in a small file with a card."""

import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Protocol, Self

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from steadyface.editing.region import EVERYWHERE, Region
from steadyface.errors import InputError
from steadyface.gan.base import Generator


@dataclass(frozen=True)
class EditCard:
    """What a user should know of an edit; kept in the file's metadata."""

    name: str
    description: str
    attribute: str = ""
    """Which score of the metrics tells its strength."""
    opposite: str = ""
    """What a negative strength does; empty: not meant to be used."""
    licence: str = "Apache-2.0"
    trained_on: str = ""
    model: str = ""
    """The generator that a style is for; empty for an edit of codes, which fits all of one W space."""
    region: Region = EVERYWHERE
    """The part of the aligned crop that it is about; what it does elsewhere is a side effect, and left out."""
    keeps_eyes: bool = False
    """Whether lids and gaze stay the input's: nothing that it does to them is meant."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a card from a file's metadata. Raises `TypeError` or `ValueError` when it isn't one."""
        fields = dict(json.loads(text))
        top, bottom, left, right = (float(edge) for edge in fields.get("region", EVERYWHERE))
        if not (0 <= top < bottom <= 1 and 0 <= left < right <= 1):
            raise ValueError("an edit's region is top, bottom, left, right in [0, 1]")
        keeps_eyes = bool(fields.get("keeps_eyes", False))
        return cls(**{**fields, "region": (top, bottom, left, right), "keeps_eyes": keeps_eyes})


class CodeEdit(Protocol):
    """What changes codes: an `Edit`, or what a baseline has in its place."""

    @property
    def card(self) -> EditCard:
        """What it does."""
        ...

    def __call__(self, ws: Tensor, generator: Generator) -> Tensor:
        """Edit codes (N, num_ws, w_dim); the generator stays as it is."""
        ...

    def times(self, factor: float) -> Self:
        """The same edit, stronger or weaker."""
        ...


@dataclass(frozen=True)
class Edit:
    """``ws + strength * direction(row)``; strength 1 is the edit as it is meant."""

    card: EditCard
    directions: dict[int, Tensor]
    """Side in pixels at which a layer acts -> (w_dim,), at strength 1; other layers are left alone."""
    strength: float = field(default=1.0)

    def __call__(self, ws: Tensor, generator: Generator) -> Tensor:
        """Edit codes (N, num_ws, w_dim) of any generator of the same W space; its weights stay as they are."""
        zero = torch.zeros(generator.w_dim)
        rows = [self.directions.get(side, zero) for side in generator.ws_resolutions]
        return ws + self.strength * torch.stack(rows).to(ws)

    def times(self, factor: float) -> Self:
        """The same edit at its strength times ``factor``."""
        return replace(self, strength=factor * self.strength)

    def save(self, path: Path) -> None:
        """Write the edit and its card as one safetensors file."""
        tensors = {f"direction.{side}": d.float().contiguous() for side, d in self.directions.items()}
        save_file(tensors, path, metadata={"steadyface.edit": json.dumps(asdict(self.card))})

    @classmethod
    def load(cls, path: Path) -> "Edit":
        """Read a file that `save` wrote. Raises `InputError` when it is something else."""
        try:
            with safe_open(path, "pt") as file:
                card = EditCard.parse((file.metadata() or {})["steadyface.edit"])
                directions = {int(key.removeprefix("direction.")): file.get_tensor(key) for key in list(file.keys())}
        except (SafetensorError, OSError, KeyError, ValueError, TypeError) as error:
            raise InputError(f"{path} is not an edit of steadyface (a safetensors file with a card)") from error
        return cls(card, directions)
