"""The contract every generator meets. Nothing downstream asks which one it has."""

from collections.abc import Iterator, Mapping
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor
from torch.nn import Parameter


@runtime_checkable
class Generator(Protocol):
    """A StyleGAN: ``z`` -> ``w`` (mapping), ``ws`` -> image (synthesis).

    Layers are addressed by the side in pixels at which they act (`ws_resolutions`), never by row number,
    so that a direction fits every generator that shares the W space.
    """

    resolution: int
    """Side of the image in pixels."""
    num_ws: int
    """Rows of a W+ code."""
    w_dim: int
    z_dim: int
    w_space: str
    """Which W space it has, `models.W_SPACE` for one; empty if it is its own. Directions and encoders are for one."""
    ws_resolutions: tuple[int, ...]
    """For each W+ row, the side in pixels of the features that it modulates."""

    @property
    def w_mean(self) -> Tensor:
        """(w_dim,): the mean of ``mapping(z)``."""
        ...

    @property
    def w_std(self) -> Tensor:
        """(w_dim,): its standard deviation, the unit in which distances from the mean are judged."""
        ...

    def mapping(self, z: Tensor) -> Tensor:
        """(N, z_dim) -> (N, w_dim)."""
        ...

    def synthesis(self, ws: Tensor) -> Tensor:
        """(N, num_ws, w_dim) -> (N, 3, resolution, resolution), nominally in [-1, 1]."""
        ...

    def state_dict(self) -> dict[str, Tensor]:
        """As `torch.nn.Module.state_dict`."""
        ...

    def load_state_dict(self, state_dict: Mapping[str, Tensor]) -> object:
        """As `torch.nn.Module.load_state_dict`."""
        ...

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """As `torch.nn.Module.parameters`."""
        ...


def broadcast_w(generator: Generator, w: Tensor) -> Tensor:
    """Repeat a W code (N, w_dim) for every row: (N, num_ws, w_dim)."""
    return w[:, None, :].expand(-1, generator.num_ws, -1)


def sample_w(generator: Generator, z: Tensor, truncation_psi: float = 1.0) -> Tensor:
    """Map (N, z_dim) to W and pull towards the mean by ``truncation_psi`` (Karras et al. 2019, eq. in B)."""
    return generator.w_mean.lerp(generator.mapping(z), truncation_psi)


def sample_codes(generator: Generator, count: int, seed: int, truncation_psi: float = 0.7) -> list[Tensor]:
    """Codes (1, num_ws, w_dim) of ``count`` faces that the seed draws."""
    z = torch.randn(count, generator.z_dim, generator=torch.Generator().manual_seed(seed)).to(generator.w_mean)
    return [broadcast_w(generator, w[None]) for w in sample_w(generator, z, truncation_psi)]


def synthesise(generator: Generator, ws: Tensor) -> Tensor:
    """Images (N, 3, R, R) of codes (N, num_ws, w_dim).

    On a CPU one after another: the features of several don't fit its caches, and a batch takes longer than its parts.
    """
    if ws.device.type != "cpu":
        return generator.synthesis(ws)
    return torch.cat([generator.synthesis(code[None]) for code in ws])
