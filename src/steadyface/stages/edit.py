"""The direct edit of every frame, at a strength that is calibrated on this clip."""

from collections.abc import Iterator, Sequence
from functools import reduce

from torch import Tensor

from steadyface.baselines import latent_networks
from steadyface.clip.aligned import Aligned
from steadyface.clip.synthesis import Synthesis, probe_frames
from steadyface.editing import catalogue
from steadyface.editing.calibrate import factor_on_clip
from steadyface.editing.edit import CodeEdit, apply_edits
from steadyface.editing.lip_preservation import preserve_lips
from steadyface.editing.mask import composite_edit
from steadyface.faces.mesh import FaceMesh
from steadyface.gan.base import Generator
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

    def factor(each: CodeEdit) -> float:
        def seen(edit: CodeEdit) -> Iterator[Tensor]:
            direct = Synthesis(edit(before.ws, generator), before.generator)
            effects = [edit.card.effect]
            pictures = composite_edit(clip, before, direct, effects, settings.masking, settings.preservation)
            return (pictures([index]) for index in probes)

        plain, ws = (before([index]) for index in probes), before.ws[probes]
        return factor_on_clip(each, ws, generator, plain, seen, context.lpips, settings.calibration)

    return tuple(factor(each) for each in code_edits(settings.edits))


def apply(
    context: StageContext, settings: Edit, before: Synthesis, factors: Sequence[float], clip: Aligned
) -> Synthesis:
    """The direct edit: codes with all edits and, if a card asks for it, the input's lip opening; then the styles."""
    edits = code_edits(settings.edits, factors)
    if any(edit.card.effect.preserves_lip_opening for edit in edits):
        mesh = FaceMesh.load()
        held = sum(edit.card.effect.preserves_lip_opening for edit in edits)
        done = Counter("hold the lips", held * (settings.lips.rounds + 1) * len(clip), context.watch)
        ws = preserve_lips(edits, before, clip, mesh, settings.lips, settings.masking, settings.preservation, done)
    else:
        ws = apply_edits(edits, before.ws, before.generator)
    return Synthesis(ws, styled(settings.edits, before.generator))
