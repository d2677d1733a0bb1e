"""The codes of a clip with its edits, after which a mouth opens as it did, where an edit's card says so."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from steadyface.editing import catalogue
from steadyface.editing.edit import CodeEdit
from steadyface.editing.hold import hold_opening
from steadyface.faces.mesh import FaceMesh
from steadyface.faces.topology import mouth_opening
from steadyface.frames import to_image
from steadyface.render import Synthesis

OPENS = catalogue.Request("open-mouth")


@torch.no_grad()
def with_mouths_held(edits: Sequence[CodeEdit], before: Synthesis, mesh: FaceMesh) -> Tensor:
    """Codes (T, num_ws, w_dim) with all edits, one after the other."""
    ws, generator = before.ws, before.generator

    def openings(codes: Tensor) -> Tensor:
        pictures = Synthesis(codes, generator)
        faces = [mesh.find_aligned(to_image(pictures([index]))) for index in range(len(codes))]
        return torch.from_numpy(mouth_opening(np.stack([face.landmarks for face in faces])))

    for edit in edits:
        edited = edit(ws, generator)
        if edit.card.holds_mouth:
            edited = hold_opening(edited, openings(ws), catalogue.load(OPENS), generator, openings)
        ws = edited
    return ws
