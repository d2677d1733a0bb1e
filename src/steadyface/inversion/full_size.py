"""The layers that only a large generator has, taught a clip that a small one has learnt. Ours."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from steadyface.clip.frames import Frames, shrink
from steadyface.clip.synthesis import Synthesis
from steadyface.critics.lpips import Lpips
from steadyface.gan.base import Generator
from steadyface.gan.lift import lifted, lifted_codes, own_parameters, own_rows, share_parameters
from steadyface.gan.parameters import frozen
from steadyface.inversion.settings import FullSizeTuning
from steadyface.runtime.optimise import Checkpoint, Watcher, optimise, ramp, shuffled_index


@dataclass(frozen=True)
class FullSize:
    """Draws what a small generator has learnt with a large one."""

    large: Generator
    """As it was trained."""
    small: Generator
    """As it was trained."""
    own: dict[str, nn.Parameter]
    """Parameters of the layers that only the large one has."""
    offset: Tensor
    """(1, rows, w_dim): of the rows of a code that only the large one has, to the last one that both have."""

    @classmethod
    def untaught(cls, large: Generator, small: Generator) -> "FullSize":
        """Before it is taught."""
        offset = torch.zeros(1, own_rows(large, small), large.w_dim, device=large.w_mean.device)
        own = {name: nn.Parameter(p.detach().clone()) for name, p in own_parameters(large, small).items()}
        return cls(large, small, own, offset)

    def drawn(self, clip: Synthesis) -> Synthesis:
        """A clip of codes of the small generator, which may be tuned, drawn by the large one."""
        made = lifted(self.large, clip.generator, self.small)
        share_parameters(made, self.own)
        return Synthesis(lifted_codes(clip.ws, self.large, self.small, self.offset), made)


def teach(
    untaught: FullSize,
    before: Synthesis,
    edited: Synthesis,
    frames: Frames,
    lpips: Lpips,
    settings: FullSizeTuning,
    *,
    seed: int,
    checkpoint: Checkpoint | None = None,
    watch: Watcher | None = None,
) -> FullSize:
    """Teach it the clip: without the edit, its pictures are the frames; with it, made small, they are the small one's.

    ``frames`` (len, 3, D, D) are of the size at which it will draw; ``before`` and ``edited`` are the clip without and
    with the edit. One layer serves both, so that what is edited has the detail of what is not.
    """
    made = FullSize(untaught.large, untaught.small, untaught.own, untaught.offset.clone().requires_grad_(True))
    generators = [made.drawn(clip).generator for clip in (before, edited)]
    for generator in generators:
        frozen(generator)
    for parameter in made.own.values():
        parameter.requires_grad_(True)

    def drawn(generator: Generator, clip: Synthesis, index: int) -> Tensor:
        offset = settings.offset_scale * made.offset
        return generator.synthesis(lifted_codes(clip.ws[index : index + 1], made.large, made.small, offset))

    def distance(image: Tensor, target: Tensor) -> Tensor:
        perceptual: Tensor = lpips(image, target).mean()
        return perceptual + settings.l2 * (image - target).square().mean()

    def losses_at(step: int) -> dict[str, Tensor]:
        index = shuffled_index(seed, step, len(before.ws))
        real, plain, changed = frames([index]), *map(drawn, generators, (before, edited), (index, index))
        with torch.no_grad():
            target = edited([index])
        return {
            "reconstruction": distance(shrink(plain, real.shape[-1]), real),
            "edit": distance(shrink(changed, target.shape[-1]), target),
        }

    optimise(
        "learn the details",
        losses_at,
        {**made.own, "offset": made.offset},
        steps=settings.steps,
        learning_rate=ramp(settings.learning_rate, settings.steps),
        checkpoint=checkpoint,
        watch=watch,
    )
    for parameter in made.own.values():
        parameter.requires_grad_(False)
    return FullSize(made.large, made.small, made.own, settings.offset_scale * made.offset.detach())
