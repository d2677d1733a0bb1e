"""The direct edit of every frame, at a strength that is calibrated on this clip."""

from collections.abc import Iterator, Sequence
from functools import reduce

from torch import Tensor

from steadyface.baselines import latent_networks
from steadyface.clip.aligned import Aligned
from steadyface.clip.frames import cached
from steadyface.clip.synthesis import PROBES, Synthesis, probe_frames
from steadyface.editing import catalogue
from steadyface.editing.calibrate import factor_on_clip
from steadyface.editing.edit import CodeEdit, apply_edits
from steadyface.editing.lip_preservation import preserve_lips
from steadyface.editing.mask import composite_edit
from steadyface.faces.mesh import FaceMesh
from steadyface.gan.base import Generator
from steadyface.inversion.keyframes import Poses, codes_of_all
from steadyface.runtime.optimise import Counter
from steadyface.stages.context import StageContext
from steadyface.stages.edit_settings import Calibrate, Edit
from steadyface.stages.settings import RequestedEdit


def code_edits(requested: Sequence[RequestedEdit], factors: Sequence[float] = ()) -> list[CodeEdit]:
    """The requested edits that change codes, at their strengths times ``factors``."""
    edits: list[CodeEdit] = [load(each) for each in requested if not each.style]
    return [edit.times(factor) for edit, factor in zip(edits, factors, strict=True)] if factors else edits


def load(requested: RequestedEdit) -> CodeEdit:
    """An edit of codes from its file."""
    if requested.network:
        return latent_networks.load(requested.request)
    return catalogue.load(requested.request)


def styled(requested: Sequence[RequestedEdit], generator: Generator) -> Generator:
    """The generator with the requested styles."""
    styles = [catalogue.load_style(each.request) for each in requested if each.style]
    return reduce(lambda before, style: style(before), styles, generator)


def calibrate(context: StageContext, settings: Calibrate, before: Synthesis, clip: Aligned) -> tuple[float, ...]:
    """For each edit of codes, the factor on its strength that gives it its nominal effect on this clip."""
    generator, probes = context.generator, probe_frames(len(clip))
    plain = cached(lambda index: before([index])[0], PROBES)

    def factor(each: CodeEdit) -> float:
        def seen(edit: CodeEdit) -> Iterator[Tensor]:
            direct = Synthesis(edit(before.ws, generator), before.generator)
            effects = [edit.card.effect]
            pictures = composite_edit(clip, plain, direct, effects, settings.masking, settings.preservation)
            return (pictures([index]) for index in probes)

        inputs, known = ((frames([index]) for index in probes) for frames in (clip.inputs, plain))
        return factor_on_clip(
            each, before.ws[probes], generator, inputs, known, seen, context.lpips, settings.calibration
        )

    return tuple(factor(each) for each in code_edits(settings.edits))


def already_worn(edits: Sequence[CodeEdit], factors: Sequence[float]) -> tuple[str, ...]:
    """A line for each edit that `calibrate` left out, since the person has it already."""
    left = [edit.card.name for edit, factor in zip(edits, factors, strict=True) if factor == 0]
    return tuple(f"{name}: the person in the clip has it already; left as filmed" for name in left)


def apply(
    context: StageContext, settings: Edit, before: Synthesis, factors: Sequence[float], clip: Aligned, poses: Poses
) -> Synthesis:
    """The direct edit: codes with all edits and, if a card asks for it, the input's lip opening; then the styles.

    The lips are preserved on the keyframes; the corrections of all frames follow from these and the landmarks.
    """
    edits, keys = code_edits(settings.edits, factors), poses.keyframes
    ws = apply_edits(edits, before.ws, before.generator)
    if held := sum(edit.card.effect.preserves_lip_opening for edit in edits):
        mesh, how = FaceMesh.load(), settings.lips
        done = Counter("hold the lips", held * (how.rounds + 1) * len(keys), context.watch)
        known, part = Synthesis(before.ws[keys], before.generator), clip.part(keys)
        found = preserve_lips(edits, known, part, mesh, how, settings.masking, settings.preservation, done)
        ws = ws + codes_of_all(found - ws[keys], keys, poses.features, how.ridge)
    return Synthesis(ws, styled(settings.edits, before.generator))
