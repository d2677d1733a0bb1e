"""StyleCLIP's global direction (Patashnik et al. 2021, section 6): a text as a change of few style channels.

The style of a layer is an affine map of w; what is added to the styles of every face is added to the map's bias, so
that a direction is a `Style`. The paper moves each channel by itself and looks; here its effect is that of a small
step, which one backward pass tells of all channels at once. Written from the paper.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from nada import Describe
from steadyface.gan.base import sample_codes
from steadyface.gan.parameters import AnyGenerator, copy_to_tune, module_of

_AFFINE = ".affine"


@dataclass(frozen=True)
class Channels:
    """What is known of a generator's style channels, by the name of their map."""

    deviation: dict[str, Tensor]
    """(C,): how much each varies over faces, in units of the map's bias."""
    relevance: dict[str, Tensor]
    """(C,): how far a step of one deviation moves the descriptor along the direction, the mean over faces."""


def channels_of(
    generator: AnyGenerator,
    describe: Describe,
    direction: Tensor,
    *,
    count: int = 100,
    truncation_psi: float = 0.7,
    seed: int = 0,
    seen: Callable[[int], None] = lambda _: None,
) -> Channels:
    """Look at ``count`` faces of the generator; ``direction`` (D,) is one among the descriptors."""
    studied, _ = copy_to_tune(generator)
    maps = dict(_affine_maps(studied))
    biases = [layer.get_parameter("bias") for layer in maps.values()]
    styles: dict[str, list[Tensor]] = {name: [] for name in maps}
    hooks = [
        layer.register_forward_hook(lambda _m, _i, output, name=name: styles[name].append(output.detach()))
        for name, layer in maps.items()
    ]
    total = [torch.zeros_like(bias) for bias in biases]
    unit = F.normalize(direction, dim=0)
    for index, ws in enumerate(sample_codes(generator, count, seed, truncation_psi)):
        found = F.normalize(describe(studied.synthesis(ws.detach())), dim=-1)
        for sums, gradient in zip(total, torch.autograd.grad((found @ unit).sum(), biases), strict=True):
            sums += gradient / count
        seen(index + 1)
    for hook in hooks:
        hook.remove()
    deviation = {name: torch.cat(styles[name]).flatten(1).std(0) / _gain(layer) for name, layer in maps.items()}
    relevance = {name: sums * deviation[name] for name, sums in zip(maps, total, strict=True)}
    return Channels(deviation, relevance)


def global_direction(channels: Channels, strength: float, beta: float) -> dict[str, Tensor]:
    """What to add to the maps' biases: by parameter name, for a `Style`.

    Channels whose relevance is below ``beta`` of the largest stay (the paper's disentanglement threshold); the most
    relevant one is moved by ``strength`` of its deviations.
    """
    largest = max(float(values.abs().max()) for values in channels.relevance.values())
    deltas = {}
    for name, relevance in channels.relevance.items():
        part = relevance / largest
        part = torch.where(part.abs() >= beta, part, torch.zeros_like(part))
        if part.any():
            deltas[f"{name}.bias"] = strength * part * channels.deviation[name]
    return deltas


@torch.no_grad()
def _gain(layer: nn.Module) -> float:
    """What a unit of a map's bias adds to the style."""
    weight, bias = layer.get_parameter("weight"), layer.get_parameter("bias")
    at = torch.zeros(1, weight.shape[1]).to(weight)
    more = torch.func.functional_call(layer, {"bias": bias + 1}, (at,))
    return float((more - layer(at)).mean())


def _affine_maps(generator: AnyGenerator) -> Iterator[tuple[str, nn.Module]]:
    for name, module in module_of(generator).named_modules():
        if name.endswith(_AFFINE):
            yield name, module
