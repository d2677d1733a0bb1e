"""Codes of a whole clip that another program has edited, such as those that the paper's code saves."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import torch
from torch import Tensor

from steadyface.editing.card import EditCard
from steadyface.editing.edit_file import EditFile
from steadyface.errors import InputError, WeightsError
from steadyface.gan.base import Generator

KIND = {"kind": "codes"}


@dataclass(frozen=True)
class GivenCodes:
    """An edit of one clip whose edited codes are given. Strength 0.5 goes half of the way to them."""

    card: EditCard
    codes: Tensor
    """(T, num_ws, w_dim)"""
    strength: float = 1.0

    def __call__(self, ws: Tensor, generator: Generator) -> Tensor:
        """Edit the codes of all T frames at once. Raises `InputError` for those of another clip or generator."""
        if ws.shape != self.codes.shape:
            raise InputError(
                f"{self.card.name} has codes of the shape {tuple(self.codes.shape)}, the clip needs {tuple(ws.shape)}"
            )
        return torch.lerp(ws, self.codes.to(ws), self.strength)

    def times(self, factor: float) -> Self:
        """The same codes at their strength times ``factor``."""
        return replace(self, strength=factor * self.strength)

    def save(self, path: Path) -> None:
        """Write the codes and their card as one safetensors file."""
        EditFile(self.card, {"codes": self.codes}, KIND).save(path)

    @classmethod
    def load(cls, path: Path) -> "GivenCodes":
        """Read a file that `save` wrote. Raises `InputError` when it is something else."""
        file = EditFile.load(path, "codes of a clip")
        return cls(file.card, file.tensors["codes"])


def latents_in(content: object, path: Path) -> Tensor | None:
    """The codes (T, num_ws, w_dim) of ``latents.pth``, an array, or ``variables.pth``, ``{latents: array}``.

    ``content`` is what `read_torch` found in ``path``. Returns None when it is something else. Raises `WeightsError`
    for codes that are not finite.
    """
    found = content.get("latents") if isinstance(content, dict) else content
    if not isinstance(found, Tensor) or found.ndim != 3 or not found.is_floating_point():
        return None
    if not found.isfinite().all():
        raise WeightsError(f"{path} holds codes that are not finite numbers")
    return found.detach().float()
