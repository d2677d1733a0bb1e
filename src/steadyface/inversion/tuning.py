"""Pivotal tuning of the generator over a clip (Roich et al. 2021), so that edits survive it.

Plain tuning makes a clip's frames exact and fades the edits; three terms share the work: the frames themselves, the
edits (tuned(w + edit) stays the real frame plus what the edit changes), and the neighbourhood (eq. 7 of the paper).
"""

import copy
from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from steadyface.consistency.flows import Frames
from steadyface.consistency.losses import locality, nearby_code
from steadyface.critics.closeup import closeup
from steadyface.critics.lpips import Lpips
from steadyface.gan.base import Generator
from steadyface.gan.parameters import synthesis_parameters
from steadyface.inversion.settings import PivotalTuning
from steadyface.optimise import Checkpoint, Watcher, optimise, ramp, shuffled_index, step_rng

EditCodes = Callable[[Tensor, float], Tensor]
"""An in-domain edit at a strength: (N, num_ws, w_dim) -> (N, num_ws, w_dim)."""


def change_mask(edited: Tensor, plain: Tensor) -> Tensor:
    """Where an edit changes the picture: (N, 1, H, W) in [0, 1], blurred; small changes of light don't count."""
    change = (edited - plain).abs().mean(dim=1, keepdim=True)
    side = change.shape[-1] // 32 * 2 + 1
    blurred = F.avg_pool2d(F.avg_pool2d(change, side, 1, side // 2), side, 1, side // 2)
    return ((blurred - 0.03) / 0.09).clamp(0.0, 1.0)


def edit_target(real: Tensor, plain: Tensor, edited: Tensor, person: Tensor) -> Tensor:
    """The real frame where the edit changes nothing, plus the edit's own change on the person where it does.

    All (N, 3, H, W), ``person`` (1, 1, H, W) in [0, 1]: what an edit does to the background is a side effect.
    """
    return real + person * change_mask(edited, plain) * (edited - plain)


def tune_generator(
    generator: Generator,
    ws: Tensor,
    frames: Frames,
    edits: Sequence[EditCodes],
    person: Tensor,
    lpips: Lpips,
    settings: PivotalTuning,
    *,
    seed: int,
    checkpoint: Checkpoint | None = None,
    watch: Watcher | None = None,
) -> Generator:
    """Return a tuned copy of the generator that reproduces the frames from the codes ``ws`` (T, num_ws, w_dim).

    ``person`` (1, 1, R, R) in [0, 1] says where in the crops edits may change anything.
    """
    original, tuned = generator, copy.deepcopy(generator)
    parameters = synthesis_parameters(tuned)
    for parameter in parameters.values():
        parameter.requires_grad_(True)

    def distance(image: Tensor, target: Tensor) -> Tensor:
        perceptual: Tensor = lpips(image, target).mean()
        perceptual = perceptual + settings.closeup * lpips(closeup(image), closeup(target)).mean()
        return perceptual + settings.l2 * (image - target).square().mean()

    def losses_at(step: int) -> dict[str, Tensor]:
        index = shuffled_index(seed, step, len(ws))
        pivot, real = ws[index : index + 1], frames([index])
        losses = {"reconstruction": distance(tuned.synthesis(pivot), real)}
        if edits and step % settings.edit_every == 0:
            rng = step_rng(seed, step)
            moved = edits[int(rng.integers(len(edits)))](pivot, float(rng.uniform(*settings.edit_strengths)))
            with torch.no_grad():
                target = edit_target(real, original.synthesis(pivot), original.synthesis(moved), person)
            losses["edit"] = settings.edit_weight * distance(tuned.synthesis(moved), target)
        if step % settings.local_every == 0:
            z = torch.from_numpy(step_rng(seed, step).standard_normal((1, original.z_dim))).to(pivot)
            nearby = nearby_code(original, pivot, z, settings.local_distance)
            losses["local"] = settings.local_weight * locality(lpips, original, tuned, nearby, 1.0, settings.l2)
        return losses

    steps = max(settings.least_steps, round(settings.epochs * len(ws)))
    optimise(
        "tune the generator",
        losses_at,
        parameters,
        steps=steps,
        rate=ramp(settings.rate, steps),
        checkpoint=checkpoint,
        watch=watch,
    )
    for parameter in parameters.values():
        parameter.requires_grad_(False)
    return tuned
