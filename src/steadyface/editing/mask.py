"""Masks of edits: where they may change a clip, and which parts of the face are taken from the input."""

from collections.abc import Iterable, Sequence
from functools import reduce

import torch
from torch import Tensor

from steadyface.clip.aligned import Aligned
from steadyface.clip.frames import Frames, cached
from steadyface.clip.layer import with_change
from steadyface.clip.synthesis import PROBES, probe_frames
from steadyface.editing.card import Effect, Region
from steadyface.editing.settings import Masking
from steadyface.faces.parts import Part
from steadyface.stitching.preserve import preserved_mask, shade, with_preserved
from steadyface.stitching.settings import Preservation


def editable_mask(clip: Aligned, settings: Masking, effects: Iterable[Effect]) -> Tensor:
    """Where edits may change the clip: on the person, inside their regions. (1, 1, R, R) in [0, 1]."""
    return _on_person(clip, (_region(clip, effect, settings, probe_frames(len(clip))) for effect in effects))


def edit_mask(
    clip: Aligned, settings: Masking, effects: Iterable[Effect], frames: Sequence[int] | None = None
) -> Tensor:
    """Where the result may differ from the input: the `editable_mask`, limited to the face's outline if need be.

    The outline is that of ``frames`` together; of frames all over the clip if none are given.

    An edit that moves the jaw also moves ears, neck and collar outside that outline, and a beard smears long hair
    beside it (`Effect.outline`).
    """
    at = probe_frames(len(clip)) if frames is None else frames
    return _on_person(clip, (_shown(clip, effect, settings, at) for effect in effects))


def _on_person(clip: Aligned, regions: Iterable[Tensor]) -> Tensor:
    return (torch.from_numpy(clip.person) * reduce(torch.maximum, regions)).to(clip.inputs.device)


def _region(clip: Aligned, effect: Effect, settings: Masking, frames: Sequence[int]) -> Tensor:
    mask = region_mask(effect.region, len(clip.person), settings.softness)
    return torch.maximum(mask, _outline(clip, frames)) if effect.outline == "included" else mask


def _shown(clip: Aligned, effect: Effect, settings: Masking, frames: Sequence[int]) -> Tensor:
    region = _region(clip, effect, settings, frames)
    if effect.outline == "ears":
        return region * (1 - torch.from_numpy(clip.ears(frames)))
    ends = {"inside": settings.inside, "margin": settings.margin}
    return region * _outline(clip, frames, ends[effect.outline]) if effect.outline in ends else region


def _outline(clip: Aligned, frames: Sequence[int], dilation: float = 0.0) -> Tensor:
    return torch.from_numpy(clip.outline(frames, dilation))


def preserved_parts(effects: Iterable[Effect]) -> frozenset[Part]:
    """The parts of the face that all of these edits preserve. Eyes include irises."""
    every = [{*each.preserved_parts, *(("irises",) if "eyes" in each.preserved_parts else ())} for each in effects]
    return frozenset(every[0]).intersection(*every[1:])


def composite_edit(
    clip: Aligned,
    before: Frames,
    direct: Frames,
    effects: Iterable[Effect],
    masking: Masking,
    preservation: Preservation,
) -> Frames:
    """The input plus the change of a direct edit, inside the `edit_mask` and with preserved parts: (len, 3, R, R).

    It looks like the result, except that it flickers. ``before`` gives the frames without the edit.
    """
    effects = tuple(effects)
    where, parts = edit_mask(clip, masking, effects), preserved_parts(effects)

    def edited(index: int) -> Tensor:
        return with_change(clip.inputs([index]), before([index]), direct([index]), where)[0]

    def masks(index: int) -> Tensor:
        return preserved_mask(parts, clip.landmarks[index], len(clip.person), preservation)

    pictures = cached(edited, PROBES)
    if not parts:
        return pictures
    probes = probe_frames(len(clip))
    tint = shade(lambda frames: pictures(frames) - clip.inputs(frames), masks, probes, preservation)
    tint = tint.to(clip.inputs.device)
    return with_preserved(pictures, lambda frames: clip.inputs(frames) + tint, masks)


def region_mask(region: Region, side: int, softness: float) -> Tensor:
    """The box as a mask (1, 1, side, side) in [0, 1], 0 outside. It has no soft edge at the crop's own border.

    ``softness`` is the width of its soft edge, inside the box, as a fraction of the side.
    """
    top, bottom, left, right = region
    return (_between(top, bottom, side, softness)[:, None] * _between(left, right, side, softness))[None, None]


def _between(low: float, high: float, side: int, softness: float) -> Tensor:
    at = (torch.arange(side) + 0.5) / side
    rise = ((at - low) / softness).clamp(0, 1) if low > 0 else torch.ones(side)
    fall = ((high - at) / softness).clamp(0, 1) if high < 1 else torch.ones(side)
    inside = rise * fall
    return inside * inside * (3 - 2 * inside)
