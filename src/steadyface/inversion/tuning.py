"""Pivotal tuning of the generator over a clip (Roich et al. 2021), such that edits still work afterwards.

Plain tuning makes a clip's frames exact but weakens edits. The loss here has three terms: the frames themselves, the
edits (tuned(w + edit) must be the real frame plus what the edit changes), and locality (eq. 7 of the paper).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from steadyface.clip.change import change_mask, with_change
from steadyface.clip.frames import Frames
from steadyface.clip.smooth import smooth_codes
from steadyface.consistency.losses import locality, nearby_code
from steadyface.critics.closeup import closeup_distance
from steadyface.critics.filters import high_pass
from steadyface.critics.lpips import Lpips
from steadyface.gan.base import Generator
from steadyface.gan.parameters import copy_to_tune, frozen
from steadyface.inversion.settings import PivotalTuning
from steadyface.runtime.optimise import (
    Checkpoint,
    Watcher,
    optimise,
    ramp,
    shuffled_index,
    step_rng,
)


@dataclass(frozen=True)
class EditConstraint:
    """An edit that must still work after tuning."""

    codes: Callable[[Tensor, float], Tensor]
    """The edit at a strength: (N, num_ws, w_dim) -> (N, num_ws, w_dim)."""
    where: Tensor
    """(1, 1, R, R) in [0, 1]: where it may change anything."""


def tune_generator(
    generator: Generator,
    ws: Tensor,
    frames: Frames,
    edits: Sequence[EditConstraint],
    lpips: Lpips,
    settings: PivotalTuning,
    *,
    seed: int,
    start: Generator | None = None,
    title: str = "tune the generator",
    checkpoint: Checkpoint | None = None,
    watch: Watcher | None = None,
) -> Generator:
    """Return a tuned copy of ``start`` that reproduces the frames from the codes ``ws`` (T, num_ws, w_dim).

    What edits change is computed with ``generator``, the pretrained one; ``start`` is the same unless given. ``title``
    is the name of the optimisation that is passed to ``watch``.
    """
    tuned, parameters = copy_to_tune(start or generator)
    smoothed = smooth_codes(ws, settings.smoothing_sigma)

    def distance(image: Tensor, target: Tensor) -> Tensor:
        perceptual: Tensor = lpips(image, target).mean()
        perceptual = perceptual + settings.closeup * closeup_distance(lpips, image, target).mean()
        fine = settings.texture * high_pass(image - target).square().mean()
        return perceptual + settings.l2 * (image - target).square().mean() + fine

    def losses_at(step: int) -> dict[str, Tensor]:
        index = shuffled_index(seed, step, len(ws))
        pivot, real = ws[index : index + 1], frames([index])
        losses = {"reconstruction": distance(tuned.synthesis(pivot), real)}
        if edits and settings.edit_weight and step % settings.edit_every == 0:
            rng = step_rng(seed, step)
            edit, strength = edits[int(rng.integers(len(edits)))], float(rng.uniform(*settings.edit_strengths))
            with torch.no_grad():
                # The smoothed code's change: over closing lids, the generator draws an edit badly
                codes = smoothed[index : index + 1]
                plain, edited = generator.synthesis(codes), generator.synthesis(edit.codes(codes, strength))
                where = edit.where * change_mask(edited, plain, *settings.edit_seen)
                target = with_change(real, edited - plain, where)
            losses["edit"] = settings.edit_weight * distance(tuned.synthesis(edit.codes(pivot, strength)), target)
        if settings.local_weight and step % settings.local_every == 0:
            z = torch.from_numpy(step_rng(seed, step).standard_normal((1, generator.z_dim))).to(pivot)
            nearby = nearby_code(generator, pivot, z, settings.local_distance)
            losses["local"] = settings.local_weight * locality(lpips, generator, tuned, nearby, 1.0, settings.l2)
        return losses

    steps = max(settings.least_steps, round(settings.epochs * len(ws)))
    optimise(
        title,
        losses_at,
        parameters,
        steps=steps,
        learning_rate=ramp(settings.learning_rate, steps),
        checkpoint=checkpoint,
        watch=watch,
    )
    return frozen(tuned)
