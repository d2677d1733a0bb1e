"""What a user should know of an edit, and the small file that every kind of edit is: tensors with that card."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Self, get_args

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from steadyface.editing.parts import Part
from steadyface.editing.region import EVERYWHERE, Region
from steadyface.errors import InputError

KEY = "steadyface.edit"
"""Where the card is in the file's metadata."""


@dataclass(frozen=True)
class EditCard:
    """Kept in the file's metadata."""

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
    whole_face: bool = False
    """Whether the face belongs to the region down to its chin, where the box ends above."""
    keeps: tuple[Part, ...] = ()
    """The parts of the face that stay the input's: nothing that it does to them is meant, but for a shade."""
    holds_mouth: bool = False
    """Whether lips are to be as far apart as they were."""
    overlay: bool = False
    """Whether it lies on the face and moves nothing, as eyeglasses do: what it changes can be added to any frame."""
    ends_at_face: bool = False
    """Whether it ends about the face's outline, as a beard does: long hair, neck and collar beside it aren't meant."""
    draws_hair: bool = False
    """Whether it draws hair, strand by strand: the mean over frames that have other strands each is grey."""

    @property
    def goes_on(self) -> bool:
        """Whether what it does is meant beyond the crop, too: of hair and of a whole picture it is. What an edit of the
        mouth does at the crop's lower border, where collars are, is a side effect."""
        return self.region[0] == 0

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a card from a file's metadata. Raises `TypeError` or `ValueError` when it isn't one."""
        said = dict(json.loads(text))
        top, bottom, left, right = (float(edge) for edge in said.get("region", EVERYWHERE))
        if not (0 <= top < bottom <= 1 and 0 <= left < right <= 1):
            raise ValueError("an edit's region is top, bottom, left, right in [0, 1]")
        keeps = tuple(said.get("keeps", ()))
        if not set(keeps) <= set(get_args(Part)):
            raise ValueError(f"an edit keeps {' or '.join(get_args(Part))}")
        flags = {each.name: bool(said.get(each.name, False)) for each in fields(cls) if each.type is bool}
        return cls(**{**said, **flags, "region": (top, bottom, left, right), "keeps": keeps})


@dataclass(frozen=True)
class EditFile:
    """What one file holds."""

    card: EditCard
    tensors: Mapping[str, Tensor]
    more: Mapping[str, str]
    """The rest of the metadata."""

    def save(self, path: Path) -> None:
        """Write it as safetensors."""
        tensors = {key: tensor.clone(memory_format=torch.contiguous_format) for key, tensor in self.tensors.items()}
        save_file(tensors, path, metadata={**self.more, KEY: json.dumps(asdict(self.card))})

    @classmethod
    def load(cls, path: Path, kind: str) -> Self:
        """Read a file that `save` wrote. Raises `InputError` that it is not ``kind`` ("an edit") when it is none."""
        try:
            with safe_open(path, "pt") as file:
                more = dict(file.metadata() or {})
                card = EditCard.parse(more.pop(KEY))
                return cls(card, {key: file.get_tensor(key) for key in list(file.keys())}, more)
        except (SafetensorError, OSError, KeyError, ValueError, TypeError) as error:
            raise InputError(f"{path} is not {kind} of steadyface (a safetensors file with a card)") from error
