"""Phase 1: refine the edited codes through an MLP (section 3.3, eqs. 2-4)."""

import torch
from torch import Tensor

from steadyface.consistency.losses import residual_size
from steadyface.consistency.mapper import Mapper
from steadyface.consistency.objective import Scene, Start, frame_losses
from steadyface.consistency.pairs import frames_of, step_pairs, steps_of
from steadyface.consistency.settings import Phase1
from steadyface.gan.base import Generator, synthesise
from steadyface.runtime.optimise import Checkpoint, Watcher, optimise, ramp


def refine_codes(
    generator: Generator,
    ws_edit: Tensor,
    scene: Scene,
    settings: Phase1,
    *,
    seed: int,
    checkpoint: Checkpoint | None = None,
    watch: Watcher | None = None,
) -> Tensor:
    """Return the refined codes W + alpha f_theta(W) (eq. 2). The generator stays as it is.

    ws_edit: (T, num_ws, w_dim), the directly edited codes. Each step synthesises both frames of a pair anew, the
    anchor too. Raises `DivergedError`.
    """
    objective = settings.objective
    mapper = Mapper(generator.ws_resolutions, generator.w_dim, seed).to(ws_edit.device)
    seen = ws_edit - ws_edit.mean(0) if settings.centred else ws_edit
    start = Start.of(generator, ws_edit, scene, objective.size)

    def losses_at(step: int) -> dict[str, Tensor]:
        pairs = step_pairs(seed, step, scene.sampling, objective.partners)
        frames = frames_of(pairs)
        residuals = mapper(seen[frames])
        images = synthesise(generator, ws_edit[frames] + settings.alpha * residuals)
        losses = frame_losses(images, frames, pairs, scene, start, objective)
        if settings.residual_weight:
            losses["residual"] = settings.residual_weight * residual_size(residuals)
        return losses

    steps = steps_of(settings.epochs, scene.sampling)
    optimise(
        "phase 1",
        losses_at,
        dict(mapper.named_parameters()),
        steps=steps,
        learning_rate=ramp(settings.learning_rate, steps) if settings.ramped else settings.learning_rate,
        checkpoint=checkpoint,
        watch=watch,
    )
    with torch.no_grad():
        refined: Tensor = ws_edit + settings.alpha * mapper(seen)
    return refined
