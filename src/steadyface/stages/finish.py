"""The last steps on the generator's pictures: averages over time, and a correction of the lip opening."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import torch
from torch import Tensor

from steadyface.clip.aligned import Aligned
from steadyface.clip.frames import Frames, cached
from steadyface.clip.synthesis import Synthesis
from steadyface.consistency.flows import InputFlow
from steadyface.editing.edit import apply_edits
from steadyface.editing.lip_preservation import preserve_lips_in_result
from steadyface.editing.mask import composite_edit
from steadyface.faces.mesh import FaceMesh
from steadyface.faces.parts import Part
from steadyface.flow.estimators import load_estimator
from steadyface.runtime.optimise import Counter
from steadyface.stages.context import StageContext
from steadyface.stages.edit import code_edits
from steadyface.stages.edit_settings import Average, Lips
from steadyface.stitching.compositor import Compositor
from steadyface.stitching.preserve import preserved_mask
from steadyface.stitching.settings import Preservation
from steadyface.temporal.averaging import averaged
from steadyface.temporal.detail import with_high_frequency_detail
from steadyface.temporal.settings import Averaging, TargetKind

FLOW_BYTES = 2**29
"""Memory for cached flows: 1024 pairs of frames at 256 px, enough for a radius of 12 over 75 frames."""
PICTURE_BYTES = 2**27
"""Memory for cached pictures after an averaging: 341 frames at 256 px. The next averaging asks for each picture several
times, as a neighbour of others."""

_MOUTH: tuple[Part, ...] = ("mouth",)


@dataclass(frozen=True)
class Averager:
    """Averages finished pictures over time along the input's flow, once for each given averaging.

    The first averaging takes its high-frequency detail from the direct edit, with codes moved by as much as those of
    the pictures differ from ``steady``. Each further one takes it from the result of the averaging before. Flows are
    cached for the next pictures.
    """

    clip: Aligned
    steady: Synthesis
    direct: Synthesis
    flow: InputFlow
    target: TargetKind
    preservation: Preservation

    def __call__(self, pictures: Synthesis, averagings: Sequence[Averaging]) -> Frames:
        """Average the pictures of codes and a generator."""
        inputs, count = self.clip.inputs, len(self.clip)
        pixels = pictures.generator.resolution**2
        made: Frames = pictures
        source: Frames = replace(self.direct, ws=self.direct.ws + (pictures.ws - self.steady.ws))
        everywhere = self.target == "direct"
        for averaging in averagings:
            earlier, made = made, averaged(made, inputs, self.flow, count, self.target, averaging)
            if averaging.carries_detail:
                made = with_high_frequency_detail(
                    made, source, inputs, self.flow, count, averaging, everywhere=everywhere
                )
            if not averaging.mouths:
                made = partial(_with_mouths, made, earlier, self.clip, self.preservation)
            capacity = max(2 * averaging.radius + 1, PICTURE_BYTES // (6 * pixels))
            source = made = cached(partial(_single, made), capacity)
            everywhere = True
        return made


def _with_mouths(
    pictures: Frames, others: Frames, clip: Aligned, settings: Preservation, frames: Sequence[int]
) -> Tensor:
    """Pictures (len, 3, S, S) with the mouths of ``others``."""
    made = pictures(frames)
    masks = torch.cat([preserved_mask(_MOUTH, clip.landmarks[index], made.shape[-1], settings) for index in frames])
    return torch.lerp(made, others(frames), masks.to(made))


def _single(frames: Frames, index: int) -> Tensor:
    return frames([index])[0]


def _counting(pictures: Frames, done: Callable[[], None], frames: Sequence[int]) -> Tensor:
    """Pictures (len, 3, S, S); ``done`` is called whenever some were made."""
    made = pictures(frames)
    done()
    return made


def averager(
    context: StageContext, settings: Average, steady: Synthesis, direct: Synthesis, clip: Aligned
) -> Callable[[Synthesis, Sequence[Averaging]], Frames]:
    """The function that averages this clip's pictures. Without a target, or for a single frame, it changes nothing."""
    if settings.target is None or len(clip) == 1:
        return lambda pictures, averagings: pictures
    pairs = FLOW_BYTES // (8 * context.generator.resolution**2)
    flow = InputFlow(load_estimator("dis", context.device), clip.inputs, pairs)
    return Averager(clip, steady, direct, flow, settings.target, settings.preservation)


def preserve_lips(
    context: StageContext,
    settings: Lips,
    stitched: Synthesis,
    average: Callable[[Synthesis, Sequence[Averaging]], Frames],
    compositor: Compositor,
    before: Synthesis,
    factors: Sequence[float],
    clip: Aligned,
) -> Synthesis:
    """Codes whose lips open, in the finished pictures, as they do without the edits that preserve the lip opening."""

    done = Counter("restore the lips", settings.lips.rounds * len(clip), context.watch)

    def pasted(pictures: Synthesis) -> Frames:
        """The result, but without preserved parts and further averagings."""
        shown = replace(compositor, preserved_parts=()).composite(average(pictures, settings.averaging), before)
        return partial(_counting, shown, done)

    edits = code_edits(settings.edits, factors)
    others = [edit for edit in edits if not edit.card.effect.preserves_lip_opening]
    ws = apply_edits(others, before.ws, before.generator)
    effects = [each.effect for each in settings.edits]
    direct = Synthesis(ws, before.generator)
    target = composite_edit(clip, before, direct, effects, settings.masking, settings.preservation)
    held = preserve_lips_in_result(stitched, pasted, target, FaceMesh.load(), settings.lips)
    return Synthesis(held.to(stitched.ws), stitched.generator)
