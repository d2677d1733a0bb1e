"""Phase 2: tune the generator on the refined codes (section 3.3, eqs. 5-8)."""

from copy import deepcopy
from typing import TypeVar

import torch
from torch import Tensor

from steadyface.consistency.flows import Frames, PairFlow
from steadyface.consistency.losses import locality, nearby_code
from steadyface.consistency.objective import Scene, frame_losses, rendered
from steadyface.consistency.pairs import frames_of, step_pairs, steps_of
from steadyface.consistency.settings import Phase2
from steadyface.critics.lpips import Lpips
from steadyface.gan.base import Generator
from steadyface.gan.parameters import synthesis_parameters
from steadyface.optimise import Checkpoint, Watcher, optimise, ramp, step_rng

AnyGenerator = TypeVar("AnyGenerator", bound=Generator)


def tune_generator(
    generator: AnyGenerator,
    ws: Tensor,
    inputs: Frames,
    flow: PairFlow,
    lpips: Lpips,
    settings: Phase2,
    *,
    seed: int,
    checkpoint: Checkpoint | None = None,
    watch: Watcher | None = None,
) -> AnyGenerator:
    """Return a tuned copy of the generator, frozen, for the codes ``ws`` (T, num_ws, w_dim) of phase 1.

    ``inputs`` gives the T aligned input frames. Only synthesis layers are trained (`Phase2.trained_below`),
    never the mapping; the given generator stays as it is. Raises `DivergedError`.
    """
    count, objective = len(ws), settings.objective
    tuned = deepcopy(generator)
    parameters = synthesis_parameters(tuned, settings.trained_below)
    for parameter in tuned.parameters():
        parameter.requires_grad_(False)
    for parameter in parameters.values():
        parameter.requires_grad_(True)
    scene = Scene(inputs, flow, lpips, start=rendered(generator, ws, objective.size))

    def losses_at(step: int) -> dict[str, Tensor]:
        pairs = step_pairs(seed, step, count, objective.partners)
        frames = frames_of(pairs)
        losses = frame_losses(tuned.synthesis(ws[frames]), frames, pairs, scene, objective)
        if settings.locality_weight:
            drawn = ws[pairs[0][1]][None]
            z = torch.from_numpy(step_rng(seed, step).standard_normal((1, generator.z_dim))).to(drawn)
            code = nearby_code(generator, drawn, z, settings.locality_distance)
            weights = settings.locality_lpips, settings.locality_pixels
            losses["locality"] = settings.locality_weight * locality(lpips, generator, tuned, code, *weights)
        return losses

    steps = max(settings.least_steps, steps_of(settings.epochs, count))
    optimise(
        "phase 2",
        losses_at,
        parameters,
        steps=steps,
        rate=ramp(settings.rate, steps) if settings.ramped else settings.rate,
        checkpoint=checkpoint,
        watch=watch,
    )
    for parameter in parameters.values():
        parameter.requires_grad_(False)
    return tuned
