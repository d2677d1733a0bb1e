"""What a small generator has learnt, carried over to a larger one with which it shares its trunk. Ours.

`mobile-ffhq-256` has the layers of `mobile-ffhq-1024` up to 128 px, distilled a little further. Tuning moves them, and
the same move makes the larger one draw the same face.
"""

from copy import deepcopy
from typing import TypeVar

import torch
from torch import Tensor, nn

from steadyface.gan.base import Generator
from steadyface.gan.parameters import module_of, parameter_sides, synthesis_parameters

AnyGenerator = TypeVar("AnyGenerator", bound=Generator)


def lifted(large: AnyGenerator, tuned: Generator, pretrained: Generator) -> AnyGenerator:
    """A copy of ``large``, moved as ``tuned`` was from ``pretrained``, in the layers below the small ones' side."""
    made, sides = deepcopy(large), parameter_sides(large)
    before, after, state = pretrained.state_dict(), tuned.state_dict(), made.state_dict()
    shared = [name for name, side in sides.items() if side < tuned.resolution and name in after]
    made.load_state_dict(state | {name: state[name] + (after[name] - before[name]) for name in shared})
    return made


def own_parameters(large: Generator, small: Generator) -> dict[str, nn.Parameter]:
    """Parameters by name of the layers that only the large generator has."""
    sides = parameter_sides(large)
    return {name: p for name, p in synthesis_parameters(large).items() if sides[name] >= small.resolution}


def share_parameters(made: Generator, parameters: dict[str, nn.Parameter]) -> None:
    """Let a generator use these parameters, by name, as its own."""
    module = module_of(made)
    for name, parameter in parameters.items():
        owner, _, leaf = name.rpartition(".")
        module.get_submodule(owner).register_parameter(leaf, parameter)


def own_rows(large: Generator, small: Generator) -> int:
    """How many rows of a code only the large generator has."""
    return sum(side >= small.resolution for side in large.ws_resolutions)


def lifted_codes(ws: Tensor, large: Generator, small: Generator, offset: Tensor) -> Tensor:
    """Codes (N, num_ws, w_dim) of the small generator for the large one.

    Rows that only the large one has are the last row that both have, plus ``offset`` (1, `own_rows`, w_dim).
    """
    shared = ws[:, : large.num_ws - own_rows(large, small)]
    return torch.cat([shared, shared[:, -1:] + offset], dim=1)
