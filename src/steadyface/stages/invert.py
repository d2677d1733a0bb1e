"""Codes and a tuned generator that together reproduce the clip."""

import torch

from steadyface.clip.aligned import Aligned
from steadyface.clip.synthesis import Synthesis
from steadyface.editing.edit import CodeEdit, Edit, apply_edits
from steadyface.editing.mask import editable_mask
from steadyface.editing.settings import Masking
from steadyface.faces.motion import motion
from steadyface.inversion.guess import first_guess
from steadyface.inversion.refine import refine_codes, starting_codes
from steadyface.inversion.tuning import EditConstraint, tune_generator
from steadyface.stages.context import StageContext
from steadyface.stages.edit import code_edits
from steadyface.stages.edit_settings import Adapt
from steadyface.stages.settings import Refine, Tune


def refine(context: StageContext, settings: Refine, clip: Aligned) -> Synthesis:
    """Codes of all frames, from the encoder's first guess; the generator as it was trained."""
    generator, how = context.generator, settings.refinement
    encoder = settings.encoder.path if settings.encoder else None
    guess = first_guess(generator, clip.inputs, len(clip), context.lpips, encoder)
    start = starting_codes(generator, guess, how.motion_side)
    moves = torch.from_numpy(motion(clip.landmarks, generator.resolution, how.motions)).to(start)
    ws = refine_codes(
        generator, start, clip.inputs, moves, context.lpips, how,
        seed=settings.seed, checkpoint=context.checkpoint, watch=context.watch,
    )  # fmt: skip
    return Synthesis(ws, generator)


def tune(context: StageContext, settings: Tune, refined: Synthesis, clip: Aligned) -> Synthesis:
    """Pivotal tuning on the codes, such that all shipped edits still work. The result serves every edit of a clip."""
    preserved = [Edit.load(content.path) for content in settings.preserved_edits]
    tuned = tune_generator(
        context.generator, refined.ws, clip.inputs,
        [edit_constraint([edit], context, clip, settings.masking) for edit in preserved],
        context.lpips, settings.tuning, seed=settings.seed, checkpoint=context.checkpoint, watch=context.watch,
    )  # fmt: skip
    return Synthesis(refined.ws, tuned)


def adapt(context: StageContext, settings: Adapt, tuned: Synthesis, clip: Aligned) -> Synthesis:
    """Tune the generator further on the requested overlays: the first tuning keeps all edits working, but none sharp.

    The targets are the input frames plus the edit's change. An edit that moves the face would be seen twice in such a
    target, so that only overlays are trained.
    """
    overlays = edit_constraint(code_edits(settings.overlays), context, clip, settings.masking)
    adapted = tune_generator(
        context.generator, tuned.ws, clip.inputs, [overlays], context.lpips, settings.adaptation, seed=settings.seed,
        start=tuned.generator, title="adapt it to the edit", checkpoint=context.checkpoint, watch=context.watch,
    )  # fmt: skip
    return Synthesis(tuned.ws, adapted)


def edit_constraint(edits: list[CodeEdit], context: StageContext, clip: Aligned, masking: Masking) -> EditConstraint:
    """The constraint that these edits, applied one after the other, still work on the tuned generator."""
    return EditConstraint(
        lambda codes, strength: apply_edits([edit.times(strength) for edit in edits], codes, context.generator),
        editable_mask(clip, masking, [edit.card.effect for edit in edits]),
    )
