"""Paste masks, the colour extension past the crop, and a generator that matches the input at the seams."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from steadyface.clip.aligned import Aligned
from steadyface.clip.frames import Frames
from steadyface.clip.synthesis import Synthesis, probe_frames
from steadyface.editing.mask import edit_mask, preserved_parts
from steadyface.stages.context import StageContext
from steadyface.stages.edit_settings import Compose, Stitch
from steadyface.stitching import tuning
from steadyface.stitching.compositor import Compositor
from steadyface.stitching.extension import Outlines, fit_extension, reaches_border

Arrays = Mapping[str, NDArray[Any]]


@torch.no_grad()
def compose(
    context: StageContext,
    settings: Compose,
    steady: Synthesis,
    direct: Synthesis,
    before: Synthesis,
    clip: Aligned,
    people: Outlines,
) -> Arrays:
    """The arrays of the clip's `Compositor`, with a colour extension if the crop's border cuts the edit."""
    how, probes = settings.compositing, probe_frames(len(clip))
    where, parts = edit_mask(clip, settings.masking, settings.effects), preserved_parts(settings.effects)
    plain = Compositor.of(clip, before, direct, where, parts, how)
    made = {"change": plain.change, "where": plain.where}
    if how.background == "generated":
        return made

    shown = replace(plain, people=people if settings.cut_out else None)
    inputs, edited = (_pictures(each, probes) for each in (clip.inputs, steady))
    inside = np.stack([shown.extent(index) for index in probes])
    extends = any(effect.extends_past_crop for effect in settings.effects)
    if extends and reaches_border(inputs, edited, inside, how.extension):
        made |= fit_extension(inputs, edited, inside, how.extension)
    return made


def _pictures(pictures: Frames, indices: Sequence[int]) -> NDArray[np.float32]:
    """Some frames: (N, S, S, 3)."""
    return np.stack([pictures([index])[0].permute(1, 2, 0).cpu().numpy() for index in indices])


def stitch(context: StageContext, settings: Stitch, steady: Synthesis, compositor: Compositor) -> Synthesis:
    """Stitching tuning."""
    stitched = tuning.stitch(
        steady.generator, steady.ws, compositor.inputs, compositor, context.lpips, settings.stitching,
        seed=settings.seed, checkpoint=context.checkpoint, watch=context.watch,
    )  # fmt: skip
    return Synthesis(steady.ws, stitched)
