"""W+ refinement of some frames of a clip together, from the encoder's codes."""

import torch
from torch import Tensor

from steadyface.clip.frames import Frames
from steadyface.critics.closeup import closeup_distance, seen_once
from steadyface.critics.lpips import Lpips
from steadyface.gan.base import Generator
from steadyface.inversion.settings import Refinement
from steadyface.runtime.optimise import (
    Checkpoint,
    Watcher,
    optimise,
    ramp,
    shuffled_index,
    step_rng,
)


def starting_codes(generator: Generator, w: Tensor, motion_side: int) -> Tensor:
    """Expand the encoder's codes, (T, w_dim) or (T, num_ws, w_dim), to all rows: (T, num_ws, w_dim).

    Rows that act above ``motion_side`` pixels carry colour and texture, which don't change within a clip: they take the
    clip's mean, so that the encoder's noise can't flicker there.
    """
    rows = w if w.dim() == 3 else w[:, None]
    return torch.where(moving_rows(generator, motion_side), rows, rows.mean(dim=0, keepdim=True))


def moving_rows(generator: Generator, motion_side: int) -> Tensor:
    """Which rows may differ from frame to frame: (num_ws, 1), boolean."""
    return torch.tensor([[side <= motion_side] for side in generator.ws_resolutions], device=generator.w_mean.device)


def code_penalties(generator: Generator, ws: Tensor, settings: Refinement) -> dict[str, Tensor]:
    """Penalties that keep codes (N, num_ws, w_dim) where the generator works well: near W (rows alike) and the mean."""
    spread = ((ws - ws.mean(dim=1, keepdim=True)) / generator.w_std).square().mean()
    distance = ((ws - generator.w_mean) / generator.w_std).square().mean()
    return {"spread": settings.spread * spread, "distance": settings.distance * distance}


def refine_codes(
    generator: Generator,
    ws: Tensor,
    frames: Frames,
    motion: Tensor,
    lpips: Lpips,
    settings: Refinement,
    *,
    seed: int,
    checkpoint: Checkpoint | None = None,
    watch: Watcher | None = None,
) -> Tensor:
    """Fit codes (T, num_ws, w_dim) to aligned frames of a clip; returns refined codes of the same shape.

    ``motion`` (T, K) says how the face moves; K may be 0. The codes are ``ws[t] + common + motion[t] @ directions +
    own[t]``. First ``common`` and ``directions`` are fitted on frames drawn at random, so that every frame helps to
    learn, say, the direction that opens the mouth. Then each frame's ``own`` offset is fitted, too.
    """
    count = len(ws)
    common = torch.zeros_like(ws[0]).requires_grad_()
    directions = ws.new_zeros(motion.shape[1], *ws.shape[1:]).requires_grad_()
    own = [torch.zeros_like(ws[0]).requires_grad_() for _ in range(count)]
    moving = moving_rows(generator, settings.motion_side)
    first = settings.common_steps
    own_steps = settings.steps_per_frame * count
    seen = seen_once(lpips, frames)

    def moved(index: int) -> Tensor:
        return settings.motion_scale * moving * torch.einsum("k,krw->rw", motion[index], directions)

    def losses_at(step: int) -> dict[str, Tensor]:
        if step < first:
            index = int(step_rng(seed, step).integers(count))
            code = ws[index] + common + moved(index)
        else:
            index = shuffled_index(seed, step - first, count)
            code = ws[index] + common.detach() + moved(index) + moving * own[index]
        target = seen(index)
        image = generator.synthesis(code[None])
        return {
            "lpips": lpips(image, target.whole).mean(),
            "closeup": settings.closeup * closeup_distance(lpips, image, target).mean(),
            "l2": settings.l2 * (image - target.images).square().mean(),
            **code_penalties(generator, code[None], settings),
        }

    rise, settle = ramp(settings.common_learning_rate, first), ramp(settings.learning_rate, own_steps)
    optimise(
        "refine codes",
        losses_at,
        {"common": common, "directions": directions, **{f"own{i}": tensor for i, tensor in enumerate(own)}},
        steps=first + own_steps,
        learning_rate=lambda step: rise(step) if step < first else settle(step - first),
        checkpoint=checkpoint,
        watch=watch,
    )
    driven = torch.stack([moved(index) for index in range(count)])
    return (ws + common + driven + moving * torch.stack(own)).detach()
