"""Which of a generator's parameters to train, by the side in pixels at which they act."""

from copy import deepcopy
from typing import TypeVar

import torch
from torch import Tensor, nn

from steadyface.gan.base import Generator

AnyGenerator = TypeVar("AnyGenerator", bound=Generator)


def copy_to_tune(generator: AnyGenerator, below: int | None = None) -> tuple[AnyGenerator, dict[str, nn.Parameter]]:
    """A copy in which only `synthesis_parameters` are trained, and these parameters by name."""
    tuned = deepcopy(generator)
    module_of(tuned).requires_grad_(False)
    parameters = synthesis_parameters(tuned, below)
    for parameter in parameters.values():
        parameter.requires_grad_(True)
    return tuned, parameters


def frozen(generator: AnyGenerator) -> AnyGenerator:
    """The same generator, none of its parameters trained."""
    module_of(generator).requires_grad_(False)
    return generator


def synthesis_parameters(generator: Generator, below: int | None = None) -> dict[str, nn.Parameter]:
    """Parameters of the synthesis network by name, the mapping network left out.

    With ``below``, only those of layers whose features have fewer pixels a side: 128 leaves out what the
    paper freezes for out-of-domain edits of a 1024 px generator ("the last eight layers", section 3.3).
    """
    module = module_of(generator)
    wanted = {name: p for name, p in module.named_parameters() if not name.startswith("mapping.")}
    if below is None:
        return wanted
    sides = parameter_sides(generator)
    return {name: p for name, p in wanted.items() if sides[name] < below}


def parameter_sides(generator: Generator) -> dict[str, int]:
    """The side in pixels at which each parameter of the synthesis network acts, by its name."""
    module, seen = module_of(generator), _sides(generator)
    named = ((name, p) for name, p in module.named_parameters() if not name.startswith("mapping."))
    return {name: _side(name, p, seen) for name, p in named}


def _sides(generator: Generator) -> dict[str, int]:
    """Side of the feature maps that each submodule returns, found by synthesising the mean face."""
    sides: dict[str, int] = {}

    def note(name: str, output: object) -> None:
        if isinstance(output, Tensor) and output.ndim == 4 and output.shape[-1] > 1:
            sides[name] = output.shape[-1]

    module = module_of(generator)
    hooks = [
        m.register_forward_hook(lambda _m, _i, output, name=name: note(name, output))
        for name, m in module.named_modules()
    ]
    try:
        with torch.no_grad():
            generator.synthesis(generator.w_mean.expand(1, generator.num_ws, -1))
    finally:
        for hook in hooks:
            hook.remove()
    return sides


def _side(name: str, parameter: nn.Parameter, sides: dict[str, int]) -> int:
    """Side of the feature maps of the innermost module around a parameter that returns some (a style doesn't)."""
    owner = name.rpartition(".")[0]
    while owner:
        if owner in sides:
            return sides[owner]
        owner = owner.rpartition(".")[0]
    return parameter.shape[-1]  # the constant input of the synthesis network


def module_of(generator: Generator) -> nn.Module:
    """The same generator, typed as a torch module. Raises `TypeError` for anything else."""
    if not isinstance(generator, nn.Module):
        raise TypeError(f"a generator must be a torch module, not {type(generator).__name__}")
    return generator
