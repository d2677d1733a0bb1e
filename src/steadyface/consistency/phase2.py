"""Phase 2: tune the generator on the refined codes (section 3.3, eqs. 5-8)."""

import torch
from torch import Tensor

from steadyface.consistency.losses import locality, nearby_code
from steadyface.consistency.objective import Scene, Start, frame_losses
from steadyface.consistency.pairs import frames_of, step_pairs, steps_of
from steadyface.consistency.settings import Phase2
from steadyface.gan.base import synthesise
from steadyface.gan.parameters import AnyGenerator, copy_to_tune, frozen
from steadyface.runtime.optimise import (
    Checkpoint,
    Watcher,
    optimise,
    ramp,
    step_rng,
)


def tune_generator(
    generator: AnyGenerator,
    ws: Tensor,
    scene: Scene,
    settings: Phase2,
    *,
    seed: int,
    checkpoint: Checkpoint | None = None,
    watch: Watcher | None = None,
) -> AnyGenerator:
    """Return a tuned copy of the generator, frozen, for the codes ``ws`` (T, num_ws, w_dim) of phase 1.

    Only synthesis layers are trained (`Phase2.trained_below`), never the mapping. The given generator stays as it is.
    Raises `DivergedError`.
    """
    objective = settings.objective
    tuned, parameters = copy_to_tune(generator, settings.trained_below)
    start = Start.of(generator, ws, scene, objective.size)

    def losses_at(step: int) -> dict[str, Tensor]:
        pairs = step_pairs(seed, step, scene.sampling, objective.partners)
        frames = frames_of(pairs)
        losses = frame_losses(synthesise(tuned, ws[frames]), frames, pairs, scene, start, objective)
        if settings.locality_weight:
            drawn = ws[pairs[0][1]][None]
            z = torch.from_numpy(step_rng(seed, step).standard_normal((1, generator.z_dim))).to(drawn)
            code = nearby_code(generator, drawn, z, settings.locality_distance)
            weights = settings.locality_lpips, settings.locality_pixels
            losses["locality"] = settings.locality_weight * locality(scene.lpips, generator, tuned, code, *weights)
        return losses

    steps = steps_of(settings.epochs, scene.sampling)
    optimise(
        "phase 2",
        losses_at,
        parameters,
        steps=steps,
        learning_rate=ramp(settings.learning_rate, steps) if settings.ramped else settings.learning_rate,
        checkpoint=checkpoint,
        watch=watch,
    )
    return frozen(tuned)
