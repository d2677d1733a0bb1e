"""In-domain edits: a direction in W for each side at which layers act, in a small file with a card."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from pathlib import Path
from typing import Protocol, Self

import torch
from torch import Tensor

from steadyface.editing.card import EditCard
from steadyface.editing.edit_file import EditFile
from steadyface.errors import InputError
from steadyface.gan.base import Generator

_PREFIX = "direction."


class CodeEdit(Protocol):
    """Anything that edits codes: an `Edit`, a mapper, given codes, or the networks of a baseline."""

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


def apply_edits(edits: Sequence[CodeEdit], ws: Tensor, generator: Generator) -> Tensor:
    """Codes (T, num_ws, w_dim) with all edits, one after the other."""
    return reduce(lambda codes, edit: edit(codes, generator), edits, ws)


@dataclass(frozen=True)
class Edit:
    """``ws + strength * direction(row)``; strength 1 is the edit as it is meant."""

    card: EditCard
    directions: dict[int, Tensor]
    """Side in pixels at which a layer acts -> (w_dim,), at strength 1; other layers are left alone."""
    strength: float = field(default=1.0)

    def __call__(self, ws: Tensor, generator: Generator) -> Tensor:
        """Edit codes (N, num_ws, w_dim) of any generator of the same W space; its weights stay as they are."""
        size = next((len(direction) for direction in self.directions.values()), generator.w_dim)
        if size != generator.w_dim:
            raise InputError(
                f"the edit {self.card.name} is for codes of {size} numbers, the model's have {generator.w_dim}"
            )
        zero = torch.zeros(generator.w_dim)
        rows = [self.directions.get(side, zero) for side in generator.ws_resolutions]
        return ws + self.strength * torch.stack(rows).to(ws)

    def times(self, factor: float) -> Self:
        """The same edit at its strength times ``factor``."""
        return replace(self, strength=factor * self.strength)

    def save(self, path: Path) -> None:
        """Write the edit and its card as one safetensors file."""
        tensors = {f"{_PREFIX}{side}": direction.float() for side, direction in self.directions.items()}
        EditFile(self.card, tensors, {}).save(path)

    @classmethod
    def load(cls, path: Path) -> "Edit":
        """Read a file that `save` wrote. Raises `InputError` when it is something else."""
        file = EditFile.load(path, "an edit")
        sides = {key: key.removeprefix(_PREFIX) for key in file.tensors}
        if not all(key.startswith(_PREFIX) and side.isdecimal() for key, side in sides.items()):
            raise InputError(f"{path} is not an edit of codes: it holds other tensors than directions")
        return cls(file.card, {int(sides[key]): direction for key, direction in file.tensors.items()})
