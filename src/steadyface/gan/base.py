"""The interface of every generator. The rest of the code doesn't depend on which one it is given."""

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
    """Name of its W space, such as `models.W_SPACE`; empty if it has one of its own. Directions and encoders fit only
    generators of the same W space."""
    ws_resolutions: tuple[int, ...]
    """For each W+ row, the side in pixels of the features that it modulates."""

    @property
    def w_mean(self) -> Tensor:
        """(w_dim,): the mean of ``mapping(z)``."""
        ...

    @property
    def w_std(self) -> Tensor:
        """(w_dim,): the standard deviation of ``mapping(z)``, the unit for distances from the mean."""
        ...

    def mapping(self, z: Tensor) -> Tensor:
        """(N, z_dim) -> (N, w_dim)."""
        ...

    def synthesis(self, ws: Tensor) -> Tensor:
        """(N, num_ws, w_dim) -> (N, 3, resolution, resolution), nominally in [-1, 1], float32 in any precision."""
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
    """Codes (1, num_ws, w_dim) of ``count`` faces drawn with the seed."""
    z = torch.randn(count, generator.z_dim, generator=torch.Generator().manual_seed(seed)).to(generator.w_mean)
    return [broadcast_w(generator, w[None]) for w in sample_w(generator, z, truncation_psi)]


def synthesise(generator: Generator, ws: Tensor) -> Tensor:
    """Images (N, 3, R, R) of codes (N, num_ws, w_dim).

    On a CPU one at a time: the features of several images don't fit into its caches, so that a batch takes longer than
    the same images one by one.
    """
    if ws.device.type != "cpu":
        return generator.synthesis(ws)
    return torch.cat([generator.synthesis(code[None]) for code in ws])
