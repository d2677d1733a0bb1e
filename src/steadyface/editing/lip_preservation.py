"""Lip preservation: an edit's effect on the gap between the lips is undone. Ours.

A smile opens the lips, and teeth that show in every frame don't fit what is said. A fixed step can't undo that, since
how far a smile opens a mouth depends on how open it is. So each frame's codes are moved as far as its own mouth needs.
"""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import torch
from torch import Tensor

from steadyface.clip.aligned import Aligned
from steadyface.clip.folder import to_image
from steadyface.clip.frames import Frames, cached
from steadyface.clip.synthesis import Synthesis
from steadyface.editing import catalogue
from steadyface.editing.card import Effect
from steadyface.editing.edit import CodeEdit
from steadyface.editing.mask import composite_edit
from steadyface.editing.settings import LipPreservation, Masking
from steadyface.faces.mesh import FaceMesh
from steadyface.faces.topology import mouth_opening
from steadyface.gan.base import Generator
from steadyface.stitching.settings import Preservation

OPEN_MOUTH = catalogue.Request("open-mouth")
_MOST_KEPT = 2**28
"""Memory for cached frames without edits, which every round needs: 680 frames at 256 px. Longer clips have none."""


@torch.no_grad()
def preserve_lips(
    edits: Sequence[CodeEdit],
    before: Synthesis,
    clip: Aligned,
    mesh: FaceMesh,
    settings: LipPreservation,
    masking: Masking,
    preservation: Preservation,
    done: Callable[[], None] = lambda: None,
) -> Tensor:
    """Codes (T, num_ws, w_dim) with all edits, one after the other. Lip openings are preserved if a card asks for it.

    Mouths are measured in `composite_edit`, the input plus the edit's change, since that will be seen. A mouth that is
    right in the generator's own picture can be wrong there. ``done`` is called after each.
    """
    ws, generator = before.ws, before.generator
    most = _MOST_KEPT // (6 * generator.resolution**2)
    # Each round begins at the first frame: a cache that is smaller than the clip would have dropped it by then
    plain = cached(lambda index: before([index])[0], most if len(ws) <= most else 1)

    def openings(codes: Tensor, effects: Sequence[Effect]) -> Tensor:
        shown = composite_edit(clip, plain, Synthesis(codes, generator), effects, masking, preservation)
        return mouth_openings(shown, len(codes), mesh, done)

    effects: list[Effect] = []
    for edit in edits:
        effects.append(edit.card.effect)
        edited = edit(ws, generator)
        if edit.card.effect.preserves_lip_opening:
            read = partial(openings, effects=effects)
            edited = match_opening(edited, read(ws), catalogue.load(OPEN_MOUTH), generator, read, settings)
        ws = edited
    return ws


@torch.no_grad()
def preserve_lips_in_result(
    stitched: Synthesis,
    finished: Callable[[Synthesis], Frames],
    target: Frames,
    mesh: FaceMesh,
    settings: LipPreservation,
) -> Tensor:
    """The codes (T, num_ws, w_dim), moved until mouths open in the finished pictures as in those of ``target``.

    A style draws the inversion's mouth, not the input's. ``finished`` makes the finished pictures from the generator's.
    """
    ws, generator = stitched.ws, stitched.generator

    def openings(codes: Tensor) -> Tensor:
        return mouth_openings(finished(Synthesis(codes, generator)), len(codes), mesh)

    wanted = mouth_openings(target, len(ws), mesh)
    return match_opening(ws, wanted, catalogue.load(OPEN_MOUTH), generator, openings, settings)


def mouth_openings(pictures: Frames, count: int, mesh: FaceMesh, done: Callable[[], None] = lambda: None) -> Tensor:
    """How far the mouth is open in each of ``count`` pictures: (T,). ``done`` is called after each."""
    faces = []
    for index in range(count):
        faces.append(mesh.find_aligned(to_image(pictures([index]))))
        done()
    return torch.from_numpy(mouth_opening(np.stack([face.landmarks for face in faces])))


def match_opening(
    ws: Tensor,
    wanted: Tensor,
    opens: CodeEdit,
    generator: Generator,
    openings: Callable[[Tensor], Tensor],
    settings: LipPreservation,
) -> Tensor:
    """Move codes (T, num_ws, w_dim) along the edit ``opens`` until ``openings`` (T,) of them are ``wanted`` (T,).

    ``openings`` measures the mouth of each frame. The secant method is used, with a slope for each frame: an open mouth
    opens further at once, while closed lips take a while to part.
    """
    direction = opens(ws, generator) - ws

    def at(amounts: Tensor) -> Tensor:
        return ws + amounts.to(ws).view(-1, 1, 1) * direction

    slope, doubt, most = settings.slope, settings.slope_doubt, settings.most
    amounts = moved = found = torch.zeros(len(ws))
    for _ in range(settings.rounds):
        earlier, found = found, openings(at(amounts))
        slopes = (((found - earlier) * moved + doubt * slope) / (moved.square() + doubt)).clamp(slope / 3, 4 * slope)
        before, amounts = amounts, (amounts + (wanted - found) / slopes).clamp(-most, most)
        moved = amounts - before
    return at(amounts)
