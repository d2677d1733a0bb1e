"""Pivotal tuning of the generator over a clip (Roich et al. 2021), such that edits still work afterwards.

Plain tuning makes a clip's frames exact but weakens edits. The loss here has three terms: the frames themselves, the
edits (tuned(w + edit) must be the real frame with what the edit changes), and locality (eq. 7 of the paper).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from steadyface.clip.change import change_mask
from steadyface.clip.filters import high_pass
from steadyface.clip.frames import Frames
from steadyface.clip.layer import with_change
from steadyface.consistency.losses import locality, nearby_code
from steadyface.critics.closeup import SEEN, SeenCrop, closeup_distance, see_crop, seen_once
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
    preserved: Callable[[int], Tensor]
    """(1, 1, R, R) in [0, 1]: what it must leave alone in a frame, which is given by its place among those tuned on."""


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

    real = seen_once(lpips, frames)
    least, most = settings.edit_strengths

    @lru_cache(SEEN)
    @torch.no_grad()
    def plain(index: int) -> Tensor:
        return generator.synthesis(ws[index : index + 1])

    @lru_cache(SEEN if least == most else 1)  # a strength that is drawn at random does not come again
    @torch.no_grad()
    def edited(index: int, which: int, strength: float) -> SeenCrop:
        """The frame with an edit's change, as the pretrained generator makes it."""
        edit, pivot, frame = edits[which], ws[index : index + 1], real(index).images
        before, changed = plain(index), generator.synthesis(edit.codes(pivot, strength))
        where = edit.where * change_mask(changed, before, *settings.edit_seen)
        shown = with_change(frame, before, changed, where)
        return see_crop(lpips, torch.lerp(shown, frame, edit.preserved(index)))

    def distance(image: Tensor, target: SeenCrop) -> Tensor:
        perceptual: Tensor = lpips(image, target.whole).mean()
        perceptual = perceptual + settings.closeup * closeup_distance(lpips, image, target).mean()
        fine = settings.texture * high_pass(image - target.images).square().mean()
        return perceptual + settings.l2 * (image - target.images).square().mean() + fine

    def losses_at(step: int) -> dict[str, Tensor]:
        index = shuffled_index(seed, step, len(ws))
        pivot, losses = ws[index : index + 1], {}
        if step % settings.real_every == 0:
            losses["reconstruction"] = settings.real_every * distance(tuned.synthesis(pivot), real(index))
        if edits and settings.edit_weight and step % settings.edit_every == 0:
            rng = step_rng(seed, step)
            which, strength = int(rng.integers(len(edits))), float(rng.uniform(*settings.edit_strengths))
            image = tuned.synthesis(edits[which].codes(pivot, strength))
            losses["edit"] = settings.edit_weight * distance(image, edited(index, which, strength))
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
