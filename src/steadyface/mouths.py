"""The codes of a clip with its edits, after which a mouth opens as it did, where an edit's card says so."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import torch
from torch import Tensor

from steadyface.aligned import Aligned
from steadyface.consistency.flows import Frames, kept
from steadyface.editing import catalogue
from steadyface.editing.card import EditCard
from steadyface.editing.edit import CodeEdit
from steadyface.editing.hold import hold_opening
from steadyface.faces.mesh import FaceMesh
from steadyface.faces.topology import mouth_opening
from steadyface.frames import to_image
from steadyface.gan.base import Generator
from steadyface.render import Synthesis
from steadyface.shown import as_shown

OPENS = catalogue.Request("open-mouth")
_MOST_KEPT = 2**28
"""Bytes of frames without edits, which every round needs: some 680 frames of 256 px."""


@torch.no_grad()
def with_mouths_held(edits: Sequence[CodeEdit], before: Synthesis, clip: Aligned, mesh: FaceMesh) -> Tensor:
    """Codes (T, num_ws, w_dim) with all edits, one after the other.

    Mouths are read where they will be seen, in the input with what the codes change: a mouth that is right in the
    generator's picture isn't when what changes there is added to the frame.
    """
    ws, generator = before.ws, before.generator
    plain = kept(lambda index: before([index])[0], _MOST_KEPT // (6 * generator.resolution**2))

    def openings(codes: Tensor, cards: Sequence[EditCard]) -> Tensor:
        return openings_in(as_shown(clip, plain, Synthesis(codes, generator), *cards), len(codes), mesh)

    cards: list[EditCard] = []
    for edit in edits:
        cards.append(edit.card)
        edited = edit(ws, generator)
        if edit.card.holds_mouth:
            read = partial(openings, cards=cards)
            edited = hold_opening(edited, read(ws), catalogue.load(OPENS), generator, read)
        ws = edited
    return ws


@torch.no_grad()
def with_mouths_held_again(
    generator: Generator, finished: Callable[[Synthesis], Frames], wanted: Frames, ws: Tensor, mesh: FaceMesh
) -> Tensor:
    """Codes ``ws`` (T, num_ws, w_dim), moved until mouths open in the finished pictures as in those that are wanted.

    The phases draw each mouth a little like those beside it, and a style draws it as the inversion has it. ``finished``
    makes the last of the generator's pictures.
    """

    def openings(codes: Tensor) -> Tensor:
        return openings_in(finished(Synthesis(codes, generator)), len(codes), mesh)

    return hold_opening(ws, openings_in(wanted, len(ws), mesh), catalogue.load(OPENS), generator, openings)


def openings_in(pictures: Frames, count: int, mesh: FaceMesh) -> Tensor:
    """How far the mouth is open in each of ``count`` pictures: (T,)."""
    faces = [mesh.find_aligned(to_image(pictures([index]))) for index in range(count)]
    return torch.from_numpy(mouth_opening(np.stack([face.landmarks for face in faces])))
