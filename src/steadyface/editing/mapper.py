"""StyleCLIP's latent mapper (Patashnik et al. 2021, section 4) as an edit: a step in W+ that depends on the code.

This is our own code for the published files. Arrays keep their published names.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import torch
from torch import Tensor

from steadyface.editing.card import EditCard
from steadyface.editing.edit_file import EditFile
from steadyface.errors import InputError, WeightsError
from steadyface.gan.base import Generator
from steadyface.gan.equalized import activated, equalized_linear
from steadyface.zoo.convert import read_tree

KIND = {"kind": "styleclip-mapper"}
STEP = 0.1
"""Factor on the network's output at strength 1, as in the authors' scripts."""
LEVELS = {"course_mapping": slice(0, 4), "medium_mapping": slice(4, 8), "fine_mapping": slice(8, None)}
"""Rows of W+ by level, in order, under the names in the files. A file with one level for all rows has ``mapping``."""
_LAYERS, _RATE = 4, 0.01
_KEY = re.compile(r"((course|medium|fine)_mapping|mapping)\.mapping\.[1-4]\.(weight|bias)")


@dataclass(frozen=True)
class MapperEdit:
    """A mapper at a strength, used like an `Edit`."""

    card: EditCard
    state: Mapping[str, Tensor]
    """``LEVEL.mapping.N.weight`` (w_dim, w_dim) and ``.bias`` (w_dim,). Rows of missing levels stay as they are."""
    strength: float = 1.0

    def __call__(self, ws: Tensor, generator: Generator) -> Tensor:
        """Edit codes (N, num_ws, w_dim), each by itself; the generator stays as it is."""
        size = next(len(value) for value in self.state.values())
        if size != ws.shape[-1]:
            raise InputError(f"the mapper {self.card.name} is for codes of {size} numbers, not {ws.shape[-1]}")
        levels = {"mapping": slice(None)} if "mapping.mapping.1.weight" in self.state else LEVELS
        steps = [
            self._mapped(level, ws[:, rows]) if f"{level}.mapping.1.weight" in self.state else 0 * ws[:, rows]
            for level, rows in levels.items()
        ]
        return ws + STEP * self.strength * torch.cat(steps, dim=1)

    def _mapped(self, level: str, ws: Tensor) -> Tensor:
        # the published networks were trained with the mean over the rows, not over the channels
        x = ws * torch.rsqrt(ws.square().mean(1, keepdim=True) + 1e-8)
        for layer in range(1, _LAYERS + 1):
            weight, bias = (self.state[f"{level}.mapping.{layer}.{part}"].to(ws) for part in ("weight", "bias"))
            x = activated(equalized_linear(x, weight, bias, _RATE))
        return x

    def times(self, factor: float) -> Self:
        """The same mapper at its strength times ``factor``."""
        return replace(self, strength=factor * self.strength)

    def save(self, path: Path) -> None:
        """Write the mapper, in half precision, and its card as one safetensors file."""
        EditFile(self.card, {key: value.half() for key, value in self.state.items()}, KIND).save(path)

    @classmethod
    def load(cls, path: Path) -> "MapperEdit":
        """Read a file that `save` wrote. Raises `InputError` or `WeightsError` when it is something else."""
        file = EditFile.load(path, "a mapper")
        return cls(file.card, checked({key: value.float() for key, value in file.tensors.items()}, path))


def read_official(path: Path) -> dict[str, Tensor]:
    """The mapper's arrays in a file of the authors, ``{state_dict, opts}``, which also holds a whole decoder.

    Nothing in it is executed. Raises `WeightsError` for a file that can't be read, holds no mapper, or holds one in
    StyleSpace, which only their generator has.
    """
    tree = read_tree(path.read_bytes())
    state = tree.get("state_dict")
    if not isinstance(state, dict):
        raise WeightsError(f"{path} is not a mapper of StyleCLIP: it has no state_dict")
    found = {str(key).removeprefix("mapper."): value for key, value in state.items() if str(key).startswith("mapper.")}
    if any(key.startswith("mapper_") for key in found):
        raise WeightsError(f"{path} is a mapper of StyleCLIP in StyleSpace; only those in W+ can be used")
    return checked(found, path)


def checked(state: Mapping[str, Tensor], path: Path) -> dict[str, Tensor]:
    """The same arrays, if they are whole levels of a mapper. Raises `WeightsError` that names what is wrong."""
    levels = {key.partition(".")[0] for key in state}
    wanted = {f"{a}.mapping.{b}.{c}" for a in levels for b in range(1, _LAYERS + 1) for c in ("weight", "bias")}
    odd = sorted(wanted ^ state.keys()) + [key for key in state if not _KEY.fullmatch(key)]
    if odd or not levels or ("mapping" in levels and len(levels) > 1):
        raise WeightsError(f"{path} is not a mapper of StyleCLIP: {f'{odd[0]!r} is odd' if odd else 'it is empty'}")
    size = len(next(iter(state.values())))
    for key, value in state.items():
        if tuple(value.shape) != (size,) * (2 if key.endswith("weight") else 1):
            raise WeightsError(f"{path} is not a mapper of StyleCLIP: {key} has the shape {tuple(value.shape)}")
        if not value.is_floating_point() or not value.isfinite().all():
            raise WeightsError(f"{path} is not a mapper of StyleCLIP: {key} holds something else than finite numbers")
    return {key: value.float() for key, value in state.items()}
