"""Stitching tuning (Tzaban et al. 2022, section 3.4), over the whole clip at once.

All frames share one generator, instead of one each: seams can't flicker, and it takes one pass instead of a hundred.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from steadyface.clip.frames import Frames
from steadyface.critics.lpips import Lpips
from steadyface.gan.parameters import AnyGenerator, copy_to_tune, frozen
from steadyface.runtime.optimise import (
    Checkpoint,
    Watcher,
    optimise,
    ramp,
    shuffled_index,
)
from steadyface.stitching.settings import Stitching

Masks = Callable[[int], tuple[Tensor, Tensor]]
"""Frame number -> the paste mask and the seam, (1, 1, S, S) each."""


def stitch(
    generator: AnyGenerator,
    ws: Tensor,
    inputs: Frames,
    masks: Masks,
    lpips: Lpips,
    settings: Stitching,
    *,
    seed: int,
    checkpoint: Checkpoint | None = None,
    watch: Watcher | None = None,
) -> AnyGenerator:
    """Return a tuned copy whose pictures match the input along the seams and stay as they were inside."""
    tuned, parameters = copy_to_tune(generator)

    def losses_at(step: int) -> dict[str, Tensor]:
        index = shuffled_index(seed, step, len(ws))
        code, real = ws[index : index + 1], inputs([index])
        mask, seam = masks(index)
        with torch.no_grad():
            goal = real + mask * (generator.synthesis(code) - real)
        image = tuned.synthesis(code)
        border = (seam * (image - real).square()).sum() / (3 * seam.sum() + 1e-6)
        inside = lpips(real + mask * (image - real), goal).mean() + (mask * (image - goal).square()).mean()
        return {"border": settings.border_weight * border, "content": settings.content_weight * inside}

    steps = round(settings.epochs * len(ws))
    optimise(
        "phase 3",
        losses_at,
        parameters,
        steps=steps,
        learning_rate=ramp(settings.learning_rate, steps) if steps else settings.learning_rate,
        checkpoint=checkpoint,
        watch=watch,
    )
    return frozen(tuned)
