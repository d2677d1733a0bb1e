"""The file format of all kinds of edits: tensors with a card."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from steadyface.editing.card import EditCard
from steadyface.editing.catalogue import KEY
from steadyface.errors import InputError


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
        save_file(tensors, path, metadata={**self.more, KEY: self.card.written()})

    @classmethod
    def load(cls, path: Path, kind: str) -> Self:
        """Read a file that `save` wrote. Raises `InputError` otherwise; its message calls the file ``kind``."""
        try:
            with safe_open(path, "pt") as file:
                more = dict(file.metadata() or {})
                card = EditCard.parse(more.pop(KEY))
                # clones, since the tensors are memory-mapped, and Windows doesn't let anyone replace a mapped file
                return cls(card, {key: file.get_tensor(key).clone() for key in list(file.keys())}, more)
        except (SafetensorError, OSError, KeyError, ValueError, TypeError) as error:
            raise InputError(f"{path} is not {kind} of steadyface (a safetensors file with a card)") from error
