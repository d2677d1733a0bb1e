"""Codes and a tuned generator that together reproduce the clip."""

from collections.abc import Sequence

import numpy as np
import torch

from steadyface.clip.aligned import Aligned
from steadyface.clip.frames import selected
from steadyface.clip.synthesis import Synthesis
from steadyface.editing.edit import CodeEdit, Edit, apply_edits
from steadyface.editing.mask import editable_mask, preserved_parts
from steadyface.faces.motion import motion_features, principal_motions
from steadyface.inversion.guess import first_guess
from steadyface.inversion.keyframes import Poses, choose_keyframes, codes_of_all, nearest_mean
from steadyface.inversion.refine import refine_codes, starting_codes
from steadyface.inversion.tuning import EditConstraint, tune_generator
from steadyface.stages.context import StageContext
from steadyface.stages.edit import code_edits
from steadyface.stages.edit_settings import Adapt
from steadyface.stages.settings import Keyframes, Refine, Tune
from steadyface.stitching.preserve import preserved_mask

CLEAR = 0.005
"""Share of the face that may be covered in a keyframe."""


def keyframes(context: StageContext, settings: Keyframes, clip: Aligned) -> Poses:
    """The frames that the person is learnt on. Features say which shot a frame is of, too: codes have its light."""
    segments = clip.segments
    features = motion_features(clip.landmarks, len(clip.person))
    covered = clip.covered()
    keys = choose_keyframes(features, settings.keyframes, segments.shot_of_row, covered <= CLEAR)
    without = [rows for rows in segments.ranges if not set(rows) & set(keys)]
    least = [max(CLEAR, covered[rows.start : rows.stop].min()) for rows in without]
    others = [
        nearest_mean(features, [row for row in rows if covered[row] <= most])
        for rows, most in zip(without, least, strict=True)
    ]
    shots = np.eye(max(segments.shots) + 1)[segments.shot_of_row]
    return Poses(np.hstack([features, shots - shots.mean(0)]), keys, sorted([*keys, *others]))


def refine(context: StageContext, settings: Refine, clip: Aligned, poses: Poses) -> Synthesis:
    """Codes of all frames; the generator as it was trained.

    Those of the keyframes are fitted, from the encoder's first guess. If there are other frames, all codes follow from
    these and the landmarks.
    """
    generator, how, keys = context.generator, settings.refinement, poses.keyframes
    encoder = settings.encoder.path if settings.encoder else None
    inputs = selected(clip.inputs, keys)
    guess = first_guess(generator, inputs, len(keys), context.lpips, encoder)
    start = starting_codes(generator, guess, how.motion_side)
    moves = torch.from_numpy(principal_motions(poses.features, how.motions)[keys]).to(start)
    ws = refine_codes(
        generator, start, inputs, moves, context.lpips, how,
        seed=settings.seed, checkpoint=context.checkpoint, watch=context.watch,
    )  # fmt: skip
    if how.keyframes is not None and len(keys) < len(clip):
        ws = codes_of_all(ws, keys, poses.features, how.keyframes.ridge)
    return Synthesis(ws, generator)


def tune(context: StageContext, settings: Tune, refined: Synthesis, clip: Aligned, poses: Poses) -> Synthesis:
    """Pivotal tuning on the codes, such that all shipped edits still work. The result serves every edit of a clip."""
    preserved = [Edit.load(content.path) for content in settings.preserved_edits]
    keys = list(range(len(clip))) if settings.tuning.every_frame else poses.keyframes
    tuned = tune_generator(
        context.generator, refined.ws[keys], selected(clip.inputs, keys),
        [edit_constraint([edit], context, clip, keys, settings) for edit in preserved],
        context.lpips, settings.tuning, seed=settings.seed, checkpoint=context.checkpoint, watch=context.watch,
    )  # fmt: skip
    return Synthesis(refined.ws, tuned)


def adapt(context: StageContext, settings: Adapt, tuned: Synthesis, clip: Aligned, poses: Poses) -> Synthesis:
    """Tune the generator further on the requested overlays: the first tuning keeps all edits working, but none sharp.

    The targets are the input frames plus the edit's change. An edit that moves the face would be seen twice in such a
    target, so that only overlays are trained.
    """
    keys = poses.keyframes
    overlays = edit_constraint(code_edits(settings.overlays), context, clip, keys, settings)
    adapted = tune_generator(
        context.generator, tuned.ws[keys], selected(clip.inputs, keys), [overlays], context.lpips,
        settings.adaptation, seed=settings.seed, start=tuned.generator,
        title="adapt it to the edit", checkpoint=context.checkpoint, watch=context.watch,
    )  # fmt: skip
    return Synthesis(tuned.ws, adapted)


def edit_constraint(
    edits: list[CodeEdit], context: StageContext, clip: Aligned, frames: Sequence[int], settings: Tune | Adapt
) -> EditConstraint:
    """The constraint that these edits, applied one after the other, still work on the generator tuned on ``frames``."""
    effects = [edit.card.effect for edit in edits]
    parts, size = preserved_parts(effects), len(clip.person)
    return EditConstraint(
        lambda codes, strength: apply_edits([edit.times(strength) for edit in edits], codes, context.generator),
        editable_mask(clip, settings.masking, effects),
        lambda place: preserved_mask(parts, clip.landmarks[frames[place]], size, settings.preservation).to(
            context.device
        ),
    )
