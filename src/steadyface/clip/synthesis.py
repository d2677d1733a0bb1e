"""A clip as codes and the generator that renders them."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from steadyface.clip.folder import spread
from steadyface.gan.base import Generator

PROBES = 12
"""Number of frames, spread over the clip, on which it is measured where and how much an edit changes the picture."""


def probe_frames(count: int) -> list[int]:
    """At most `PROBES` frame numbers, evenly spread over a clip of ``count``."""
    return spread(count, PROBES)


@dataclass(frozen=True)
class Synthesis:
    """A clip as codes and the generator that renders them; called with frame numbers: (len, 3, R, R) in [-1, 1]."""

    ws: Tensor
    """(T, num_ws, w_dim)"""
    generator: Generator

    def __call__(self, frames: Sequence[int]) -> Tensor:
        """Synthesise these frames."""
        return self.generator.synthesis(self.ws[list(frames)])

    def towards(self, before: "Synthesis", share: float) -> "Synthesis":
        """With codes of which only a ``share`` is these, and the rest those of the clip without the edit."""
        return self if share == 1 else Synthesis(torch.lerp(before.ws, self.ws, share), self.generator)
