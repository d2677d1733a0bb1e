"""StyleGAN-NADA: a generator taught a style by a direction among descriptors of pictures, without examples of faces.

Gal et al., "StyleGAN-NADA: CLIP-Guided Domain Adaptation of Image Generators" (2022), written from the paper. What
describes pictures is given: CLIP with a text or pictures as the target, or any other network with pictures.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from steadyface.gan.base import broadcast_w, sample_w, synthesise
from steadyface.gan.parameters import AnyGenerator, copy_to_tune, frozen, parameter_sides
from steadyface.runtime.optimise import Watcher, optimise, step_rng

Describe = Callable[[Tensor], Tensor]
"""Pictures (N, 3, R, R) in [-1, 1] -> descriptors (N, D), differentiable."""


@dataclass(frozen=True)
class Nada:
    """Constants of the training; the paper's where it has them."""

    steps: int = 300
    batch: int = 2
    learning_rate: float = 2e-3
    """Adam's rate for the synthesis weights."""
    truncation_psi: float = 0.7
    rows: int | None = None
    """How many rows of W+ may change at a time (section 4.2); None: all."""
    chosen_every: int = 20
    """Steps after which the rows are chosen anew. The paper chooses at every step."""
    choosing_codes: int = 8
    choosing_steps: int = 1
    choosing_learning_rate: float = 0.01
    """The choice: this many codes, so many steps on them, at this rate."""


def directional(before: Tensor, after: Tensor, direction: Tensor) -> Tensor:
    """1 - cos between what changed, (N, D) each, and the direction (D,), the mean over pictures (section 4.1)."""
    return 1 - F.cosine_similarity(after - before, direction.expand_as(after), dim=-1).mean()


@torch.no_grad()
def towards_pictures(describe: Describe, pictures: Iterable[Tensor], samples: Iterable[Tensor]) -> Tensor:
    """The direction (D,) from samples of the generator to the target's pictures, (1, 3, R, R) each."""
    target, source = (torch.cat([describe(one) for one in some]).mean(0) for some in (pictures, samples))
    return F.normalize(target - source, dim=0)


def chosen_rows(
    tuned: AnyGenerator, ws: Tensor, before: Tensor, describe: Describe, direction: Tensor, settings: Nada
) -> list[int]:
    """The rows of codes (N, num_ws, w_dim) that move most when the codes are optimised for the direction.

    The layers that these modulate are the ones to train (section 4.2). ``before`` (N, D) describes the pictures of the
    generator as it was.
    """
    moved = ws.detach().clone()

    def losses_at(_: int) -> dict[str, Tensor]:
        return {"direction": directional(before, describe(synthesise(tuned, moved)), direction)}

    moved.requires_grad_(True)
    optimise(
        "choose layers",
        losses_at,
        {"ws": moved},
        steps=settings.choosing_steps,
        learning_rate=settings.choosing_learning_rate,
    )
    # Adam's steps are alike in size at first: what tells rows apart is how the steps add up over the codes
    way = (moved.detach() - ws).mean(0).abs().mean(-1)
    return way.topk(min(settings.rows or len(way), len(way))).indices.tolist()


def adapt(
    generator: AnyGenerator,
    describe: Describe,
    direction: Tensor,
    settings: Nada,
    *,
    seed: int,
    watch: Watcher | None = None,
) -> AnyGenerator:
    """A copy of the generator whose pictures differ from its own along ``direction`` (D,); its mapping stays."""
    tuned, parameters = copy_to_tune(generator)
    sides = parameter_sides(generator)

    def drawn(step: int, count: int) -> tuple[Tensor, Tensor]:
        z = torch.from_numpy(step_rng(seed, step).standard_normal((count, generator.z_dim))).to(generator.w_mean)
        with torch.no_grad():
            ws = broadcast_w(generator, sample_w(generator, z, settings.truncation_psi))
            return ws, describe(synthesise(generator, ws))

    for first in range(0, settings.steps, settings.chosen_every):
        trained = parameters
        if settings.rows is not None:
            ws, before = drawn(settings.steps + first, settings.choosing_codes)
            rows = chosen_rows(tuned, ws, before, describe, direction, settings)
            where = {generator.ws_resolutions[row] for row in rows}
            trained = {name: p for name, p in parameters.items() if sides[name] in where}

        def losses_at(step: int, first: int = first) -> dict[str, Tensor]:
            ws, before = drawn(first + step, settings.batch)
            return {"direction": directional(before, describe(synthesise(tuned, ws)), direction)}

        steps = min(settings.chosen_every, settings.steps - first)
        optimise("style", losses_at, trained, steps=steps, learning_rate=settings.learning_rate, watch=watch)
    return frozen(tuned)
