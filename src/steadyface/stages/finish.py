"""The last steps on the generator's pictures: averages over time, and a correction of the lip opening."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import torch
from torch import Tensor

from steadyface.clip.aligned import Aligned
from steadyface.clip.change import with_change
from steadyface.clip.frames import Frames, cached, selected
from steadyface.clip.synthesis import Synthesis
from steadyface.consistency.flows import InputFlow
from steadyface.editing.edit import apply_edits
from steadyface.editing.lip_preservation import preserve_lips_in_result
from steadyface.editing.mask import composite_edit, edit_mask
from steadyface.faces.mesh import FaceMesh
from steadyface.faces.parts import Part
from steadyface.flow.estimators import load_estimator
from steadyface.inversion.keyframes import Poses, codes_of_all
from steadyface.runtime.optimise import Counter
from steadyface.stages import edit_settings
from steadyface.stages.context import StageContext
from steadyface.stages.edit import code_edits
from steadyface.stitching.compositor import Compositor
from steadyface.stitching.preserve import preserved_mask
from steadyface.stitching.settings import Preservation
from steadyface.temporal.anchors import Anchors
from steadyface.temporal.averaging import around, averaged, averaged_with_neighbours, with_grain
from steadyface.temporal.settings import Averaging, TargetKind

FLOWS = 16
"""Cached flows of pairs: enough for the neighbours of a frame. A flow to the anchor that is asked for again, a second
later, is searched again, since memory must not grow with the clip."""

Average = Callable[[Frames, Frames, Averaging | None], Frames]
"""(pictures, the same without the edit, how) -> the pictures, averaged over time."""

_MOUTH: tuple[Part, ...] = ("mouth",)


@dataclass(frozen=True)
class Averager:
    """Carries the change of finished pictures over to the input, averaged over time in the anchors' coordinates.

    Skin that the edit does not change is then the input's, down to its pores. Mouths are not averaged.
    """

    clip: Aligned
    to_anchor: InputFlow
    to_neighbours: InputFlow
    anchors: Callable[[float], Anchors]
    """Reach -> the frames in whose coordinates the averages are made."""
    target: TargetKind
    where: Callable[[int], Tensor]
    """(1, 1, S, S) in [0, 1]: where the edit may change a frame of the input."""
    preservation: Preservation

    def __call__(self, pictures: Frames, before: Frames, averaging: Averaging | None) -> Frames:
        """Average pictures (len, 3, S, S); ``before`` gives them without the edit. Without an averaging, they stay."""
        if averaging is None:
            return pictures
        inputs, count = self.clip.inputs, len(self.clip)
        neighbours = around(averaging.radius, count, averaging.every)

        def carried(index: int) -> Tensor:
            if self.target == "direct":
                return pictures([index])[0]
            return with_change(inputs([index]), before([index]), pictures([index]), self.where(index))[0]

        drawn = cached(carried, 2 * averaging.jitter_radius + 2)
        near = around(averaging.jitter_radius, count)

        def beside_inputs(frames: Frames) -> Frames:
            return lambda numbers: torch.cat([frames(numbers), inputs(numbers)], dim=1)

        def with_grain_of(means: Frames, index: int) -> Tensor:
            picture, calm = means([index]).chunk(2, dim=1)
            return picture if self.target == "direct" else with_grain(picture, calm, inputs([index]))

        anchors = self.anchors(averaging.reach)
        means = averaged(beside_inputs(drawn), inputs, self.to_anchor, anchors, neighbours, averaging)
        steady = cached(lambda index: with_grain_of(means, index)[0], 2 * averaging.jitter_radius + 2)
        calmed = averaged_with_neighbours(
            beside_inputs(steady), inputs, self.to_neighbours, near, averaging.jitter_sharpness
        )

        def made(index: int) -> Tensor:
            picture = with_grain_of(calmed, index)
            mouth = preserved_mask(_MOUTH, self.clip.landmarks[index], picture.shape[-1], self.preservation)
            return torch.lerp(picture, drawn([index]), mouth.to(picture))[0]

        return cached(made, 1)


def _counting(pictures: Frames, done: Callable[[], None], frames: Sequence[int]) -> Tensor:
    """Pictures (len, 3, S, S); ``done`` is called whenever some were made."""
    made = pictures(frames)
    done()
    return made


def averager(context: StageContext, settings: edit_settings.Average, clip: Aligned, poses: Poses) -> Average:
    """The function that averages this clip's pictures. Without a target it changes nothing."""
    if settings.target is None:
        return lambda pictures, before, averaging: pictures
    estimator = load_estimator("dis", context.device)
    to_anchor = InputFlow(estimator, clip.inputs, clip.landmarks, FLOWS, settings.smoothness)
    to_neighbours = InputFlow(estimator, clip.inputs, clip.landmarks, FLOWS)

    def where(index: int) -> Tensor:
        """As the jaw moves, so does the edge of what is changed."""
        return edit_mask(clip, settings.masking, settings.effects, [index])

    anchors = partial(Anchors.of_clip, clip, poses.anchor, poses.keyframes)
    return Averager(clip, to_anchor, to_neighbours, anchors, settings.target, where, settings.preservation)


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
        shown = replace(compositor, preserved_parts=()).composite(drawn, drawn, before)
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
