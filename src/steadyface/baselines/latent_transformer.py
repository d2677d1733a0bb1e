"""The Latent Transformer: a small network for each attribute edits W+ codes (https://arxiv.org/abs/2106.11895).

Yao, Newson, Gousseau, Hellier, "A latent transformer for disentangled face editing in images and videos", ICCV 2021.
Each frame is edited by itself. The published files and those that ship hold the same arrays.
"""

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import torch
from torch import Tensor, nn

from steadyface.editing.card import EditCard
from steadyface.editing.edit_file import EditFile
from steadyface.errors import InputError, WeightsError
from steadyface.gan.base import Generator
from steadyface.gan.equalized import EqualizedLinear
from steadyface.zoo.convert import read_checkpoint

KEPT_ROWS = 11
"""The authors' program edits only the first rows of a code, up to 128 px, and leaves the others as they were."""
_KEY = re.compile(r"dense\.(0|[1-9]\d{0,2})\.(weight|bias)")


class LatentTransformer(nn.Module):
    """``T(w, alpha) = w + alpha f(w)`` with, for each row of a code, ``f(w) = A w / sqrt(w_dim) + b``.

    ``sides`` says for each of its rows at which side in pixels the layer acts. A new network has f = 0.
    """

    def __init__(self, sides: Sequence[int], w_dim: int) -> None:
        super().__init__()
        self.sides, self.w_dim = tuple(sides), w_dim
        self.dense = nn.ModuleList(EqualizedLinear(w_dim, w_dim, start=torch.zeros(w_dim, w_dim)) for _ in self.sides)

    def forward(self, ws: Tensor, alpha: float | Tensor = 1.0) -> Tensor:
        """Edit codes (N, len(sides), w_dim) by ``alpha``, one number or (N, 1, 1)."""
        moves = [layer(row) for layer, row in zip(self.dense, ws.unbind(1), strict=True)]
        return ws + alpha * torch.stack(moves, dim=1)

    def edit(self, ws: Tensor, alpha: float, ws_resolutions: Sequence[int]) -> Tensor:
        """Edit codes (N, num_ws, w_dim) of a generator whose layers act at ``ws_resolutions``.

        The first row that acts at a side is edited by the network's first row of that side, and so on. Rows that the
        network doesn't have stay as they are. Raises `InputError` when the network is for another ``w_dim``, or has
        none of the rows.
        """
        if ws.shape[-1] != self.w_dim:
            raise InputError(f"the Latent Transformer is for codes of {self.w_dim} values, not {ws.shape[-1]}")
        own = {place: row for row, place in enumerate(_places(self.sides))}
        pairs = [(own[place], row) for row, place in enumerate(_places(ws_resolutions)) if place in own]
        if not pairs:
            raise InputError("the Latent Transformer edits no layer of this generator")
        sources, rows = zip(*pairs, strict=True)
        edited = ws.clone()
        inputs = ws.new_zeros(len(ws), len(self.sides), self.w_dim)
        inputs[:, sources] = ws[:, rows]
        edited[:, rows] = self(inputs, alpha)[:, sources]
        return edited


def _places(sides: Sequence[int]) -> list[tuple[int, int]]:
    """Each row as (side, how many rows of that side come before it)."""
    seen: Counter[int] = Counter()
    places = []
    for side in sides:
        places.append((side, seen[side]))
        seen[side] += 1
    return places


@dataclass(frozen=True)
class LatentEdit:
    """A network at a strength, used like an `Edit`."""

    card: EditCard
    network: LatentTransformer
    strength: float = 1.0
    """alpha; 1 adds the attribute to a face that doesn't have it."""

    @torch.no_grad()
    def __call__(self, ws: Tensor, generator: Generator) -> Tensor:
        """Edit codes (N, num_ws, w_dim), each by itself; the generator stays as it is."""
        return self.network.to(ws.device).edit(ws, self.strength, generator.ws_resolutions)

    def times(self, factor: float) -> Self:
        """The same network at its strength times ``factor``."""
        return replace(self, strength=factor * self.strength)

    def save(self, path: Path) -> None:
        """Write the network, in half precision, and its card as one safetensors file."""
        state = {key: value.half() for key, value in self.network.state_dict().items()}
        EditFile(self.card, state, {"sides": json.dumps(self.network.sides)}).save(path)

    @classmethod
    def load(cls, path: Path) -> "LatentEdit":
        """Read a file that `save` wrote. Raises `InputError` or `WeightsError` when it is something else."""
        file = EditFile.load(path, "a Latent Transformer")
        try:
            sides = json.loads(file.more["sides"])
            if not isinstance(sides, list) or not all(type(side) is int for side in sides):
                raise TypeError("sides are numbers of pixels")
        except (KeyError, ValueError, TypeError) as error:
            raise WeightsError(f"{path} is not a Latent Transformer of steadyface") from error
        state = {key: value.float() for key, value in file.tensors.items()}
        return cls(file.card, network_of(state, tuple(sides), path))


def load_official(path: Path, kept_rows: int = KEPT_ROWS) -> LatentTransformer:
    """Read a file of the authors, ``tnet_*.pth.tar``: ``dense.{row}.weight`` (w_dim, w_dim) and ``.bias`` (w_dim,).

    Nothing in it is executed. Any number of rows and any w_dim are accepted; only the first ``kept_rows`` edit. Raises
    `WeightsError` for a file that can't be read, is cut short, or holds other arrays.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise WeightsError(f"can't read the Latent Transformer {path}: {error.strerror}") from error
    try:
        state = {key: torch.from_numpy(value) for key, value in read_checkpoint(content).items()}
    except (WeightsError, TypeError, RuntimeError) as error:
        raise WeightsError(f"{path} is not a Latent Transformer: {error}") from error
    return network_of(state, stylegan2_sides(len(state) // 2), path, kept_rows)


def stylegan2_sides(rows: int) -> tuple[int, ...]:
    """The sides in pixels at which the rows of an official StyleGAN2 act: 4, 8, 8, 16, 16, ... and the last colours."""
    return tuple(min(4 * 2 ** ((row + 1) // 2), 4 * 2 ** (rows // 2 - 1)) for row in range(rows))


def network_of(
    state: Mapping[str, Tensor], sides: tuple[int, ...], path: Path, kept_rows: int | None = None
) -> LatentTransformer:
    """Make the network from a state dictionary read from ``path``. Raises `WeightsError` if it doesn't fit."""
    wanted = {f"dense.{row}.{part}" for row in range(len(sides)) for part in ("weight", "bias")}
    odd = sorted(wanted ^ state.keys(), key=str)
    if odd or not sides:
        strangers = [key for key in odd if not _KEY.fullmatch(key)] or odd
        what = f"'{strangers[0]}' is {'missing' if strangers[0] in wanted else 'unknown'}" if odd else "it is empty"
        raise WeightsError(f"{path} is not a Latent Transformer: {what}")
    w_dim = len(state["dense.0.bias"].reshape(-1))
    for key, value in state.items():
        if tuple(value.shape) != (w_dim,) * (2 if key.endswith("weight") else 1):
            raise WeightsError(f"{path} is not a Latent Transformer: {key} has the shape {tuple(value.shape)}")
        if not value.is_floating_point() or not value.isfinite().all():
            raise WeightsError(f"{path} is not a Latent Transformer: {key} holds something else than finite numbers")
    network = LatentTransformer(sides[:kept_rows], w_dim)
    network.load_state_dict({key: state[key].float() for key in network.state_dict()})
    return network.eval().requires_grad_(False)
