"""The last steps on the generator's pictures: averages over time, and a correction of the lip opening."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

import torch
from torch import Tensor

from steadyface.clip.aligned import Aligned
from steadyface.clip.frames import Frames, cached, enlarge, selected
from steadyface.clip.layer import Layer, with_change
from steadyface.clip.synthesis import Synthesis
from steadyface.consistency.flows import InputFlow, PairFlow
from steadyface.editing.edit import apply_edits
from steadyface.editing.lip_preservation import preserve_lips_in_result
from steadyface.editing.mask import composite_edit, edit_mask
from steadyface.faces.mesh import FaceMesh
from steadyface.faces.parts import Part
from steadyface.flow.estimators import load_estimator
from steadyface.inversion.full_size import FullSize
from steadyface.inversion.keyframes import Poses, codes_of_all
from steadyface.runtime.optimise import Counter
from steadyface.stages import edit_settings
from steadyface.stages.context import StageContext
from steadyface.stages.edit import code_edits
from steadyface.stages.full_size import FullSizeFrames, LargeCrops
from steadyface.stitching.compositor import Compositor
from steadyface.stitching.preserve import preserved_mask
from steadyface.stitching.settings import Preservation
from steadyface.temporal.anchors import Anchors
from steadyface.temporal.averaging import around, averaged, averaged_with_neighbours
from steadyface.temporal.settings import Averaging, TargetKind
from steadyface.temporal.steady_flow import SteadyFlow, StepByStep

FLOWS = 32
"""Cached flows of pairs: enough for the neighbours of a frame. A flow to the anchor that is asked for again, a second
later, is searched again, since memory must not grow with the clip."""


class Average(Protocol):
    """Makes packed layers of pictures, averaged over time."""

    def __call__(self, pictures: Frames, before: Frames, averaging: Averaging | None, share: float = 1.0, /) -> Frames:
        """Of pictures with a share of the edit's strength, and of those without the edit."""
        ...


_MOUTH: tuple[Part, ...] = ("mouth",)
_SHOWS = 0.1
"""From this product of masks on, a mouth is thought to be changed by the edit."""


@dataclass(frozen=True)
class Averager:
    """Carries the change of finished pictures over to the input, averaged over time in the anchors' coordinates.

    Skin that the edit does not change is then the input's, down to its pores. Mouths are not averaged.
    """

    clip: Aligned
    to_anchor: InputFlow
    to_neighbours: PairFlow
    anchors: Callable[[float], Anchors]
    """Reach -> the frames in whose coordinates the averages are made."""
    target: TargetKind
    where: Callable[[int], Tensor]
    """(1, 1, S, S) in [0, 1]: where the edit may change a frame of the input."""
    shown: Callable[[int], Tensor]
    """(1, 1, S, S) in [0, 1], or a single 1: where a frame shows the mean."""
    preservation: Preservation
    full: Callable[[float], FullSizeFrames] | None
    """A share of the edit's strength -> the clip at full size with that."""

    def __call__(self, pictures: Frames, before: Frames, averaging: Averaging | None, share: float = 1.0, /) -> Frames:
        """Average pictures (len, 3, S, S); ``before`` gives them without the edit. Returns packed layers.

        If the clip is drawn at full size, so are the anchors' fine detail and mouths that the edit changes, and the
        layers are of that size.
        """
        if averaging is None:
            return lambda frames: Layer.whole(pictures(frames)).packed()
        inputs, segments = self.clip.inputs, self.clip.segments
        full = self.full(share) if self.full is not None else None
        near = around(averaging.jitter_radius, segments)

        def visible(index: int) -> Tensor:
            return torch.from_numpy(self.clip.visible(index))[None, None].to(inputs.device)

        def carried(index: int) -> Tensor:
            """The picture and the input, (6, S, S): both are averaged alike."""
            drawn, real = pictures([index]), inputs([index])
            if self.target != "direct":
                drawn = with_change(real, before([index]), drawn, self.where(index))
            return torch.cat([drawn, real], dim=1)[0]

        both = cached(carried, 2 * averaging.jitter_radius + 2)
        means = averaged(
            both,
            averaged_with_neighbours(both, inputs, self.to_neighbours, near, averaging.jitter_sharpness, visible),
            inputs,
            self.to_anchor,
            SteadyFlow(self.to_anchor, self.to_neighbours, inputs, near, averaging.jitter_sharpness),
            self.anchors(averaging.reach),
            around(averaging.radius, segments, averaging.every),
            averaging,
            full.carried(self.where) if full else None,
            visible,
        )

        def made(index: int) -> Tensor:
            mean, own = means([index]), both([index])
            mouth = preserved_mask(_MOUTH, self.clip.landmarks[index], own.shape[-1], self.preservation).to(mean)
            size = mean.shape[-1]
            if full is not None:
                changed = float((mouth * self.where(index)).max()) > _SHOWS
                own = full.changed(index, own[:, 3:], self.where(index)) if changed else enlarge(own, size)
            picture, calm = torch.lerp(mean, own, enlarge(mouth, size).clamp(0, 1)).chunk(2, dim=1)
            shown = self.shown(index).to(calm)
            picture = calm + enlarge(shown, size).clamp(0, 1) * (picture - calm)
            layer = Layer.whole(picture) if self.target == "direct" else Layer.of_means(picture, calm)
            return layer.packed()[0]

        return cached(made, 1)


def _counting(pictures: Frames, done: Callable[[], None], frames: Sequence[int]) -> Tensor:
    """Pictures (len, 3, S, S); ``done`` is called whenever some were made."""
    made = pictures(frames)
    done()
    return made


def averager(
    context: StageContext,
    settings: edit_settings.Average,
    clip: Aligned,
    poses: Poses,
    large: LargeCrops | None,
    detail: FullSize | None,
    edited: Synthesis,
    before: Synthesis,
) -> Average:
    """The function that averages this clip's pictures. Without a target it changes nothing."""
    if settings.target is None:
        return lambda pictures, before, averaging, share=1.0, /: lambda rows: Layer.whole(pictures(rows)).packed()
    estimator = load_estimator("dis", context.device)
    to_anchor = InputFlow(estimator, clip.inputs, clip.landmarks, FLOWS, settings.smoothness)
    to_neighbours = StepByStep(InputFlow(estimator, clip.inputs, clip.landmarks, FLOWS), clip.inputs)

    before_ears = all(effect.outline == "ears" for effect in settings.effects)
    effects = [replace(each, outline="ignored") if before_ears else each for each in settings.effects]

    def where(index: int) -> Tensor:
        """As the jaw moves, so does the edge of what is changed."""
        return edit_mask(clip, settings.masking, effects, [index])

    def shown(index: int) -> Tensor:
        """Ears are cut out of the mean, not of what it is of: a rim may be before an ear in one frame alone."""
        return 1 - torch.from_numpy(clip.ears([index]))[None, None] if before_ears else torch.ones(1, 1, 1, 1)

    anchors = partial(Anchors.of_clip, clip, poses.anchor, poses.anchors)
    full = None
    if large is not None and detail is not None:
        plain = detail.drawn(before)

        def full(share: float) -> FullSizeFrames:
            return FullSizeFrames(large, plain, detail.drawn(edited.towards(before, share)))

    return Averager(clip, to_anchor, to_neighbours, anchors, settings.target, where, shown, settings.preservation, full)


def preserve_lips(
    context: StageContext,
    settings: edit_settings.Lips,
    stitched: Synthesis,
    compositor: Compositor,
    before: Synthesis,
    factors: Sequence[float],
    clip: Aligned,
    poses: Poses,
) -> Synthesis:
    """Codes whose lips open, in the styled pictures, as in the input with the other edits."""
    keys, ridge = poses.keyframes, settings.lips.ridge
    done = Counter("restore the lips", settings.lips.rounds * len(keys), context.watch)

    def pasted(pictures: Synthesis) -> Frames:
        """The keyframes of the result, but without preserved parts, and not averaged, which mouths are not."""
        ws = stitched.ws.clone()
        ws[keys] = pictures.ws
        drawn = Synthesis(ws, pictures.generator)
        shown = compositor.shown(lambda frames: Layer.whole(drawn(frames)).packed())
        return partial(_counting, selected(shown, keys), done)

    edits = code_edits(settings.edits, factors)
    others = [edit for edit in edits if not edit.card.effect.preserves_lip_opening]
    ws = apply_edits(others, before.ws, before.generator)
    effects = [each.effect for each in settings.edits]
    direct = Synthesis(ws, before.generator)
    target = composite_edit(clip, before, direct, effects, settings.masking, settings.preservation)
    part = Synthesis(stitched.ws[keys], stitched.generator)
    found = preserve_lips_in_result(part, pasted, selected(target, keys), FaceMesh.load(), settings.lips)
    moved = codes_of_all(found.to(part.ws) - part.ws, keys, poses.features, ridge)
    return Synthesis(stitched.ws + moved, stitched.generator)
