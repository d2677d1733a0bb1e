"""The person's outline in each frame, beyond the crop too: where styles end, and where colours go on past the crop."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from steadyface.clip.folder import OutlineFolder
from steadyface.runs.run import Run
from steadyface.stages.align import FollowedFace
from steadyface.stages.context import StageContext
from steadyface.stages.edit_settings import Outline
from steadyface.stages.on_disk import fill
from steadyface.stages.person import person_around
from steadyface.stitching.extension import widened

MOST = 256
"""Side of the largest outline, px: the network's own input isn't larger."""


@dataclass(frozen=True)
class FoundOutlines:
    """Outlines by frame number, (Q, Q), 0 to 255. They are looked for when the first is asked for: most edits end
    inside the face and need none. They are in the folder ``state/outlines``, and not in memory."""

    run: Run
    key: str
    settings: Outline
    face: FollowedFace

    def __getitem__(self, index: int) -> NDArray[np.uint8]:
        """The outline of a frame."""
        return self._folder[index]

    @cached_property
    def _folder(self) -> OutlineFolder:
        folder, how = OutlineFolder(self.run.path("state", "outlines")), self.settings
        quads, side = widened(self.face.quads, how.size, how.wide), min(how.wide // 2, MOST)
        fill(
            folder, self.run, "outlines", self.key, len(quads),
            lambda: person_around(how.source.path, how.frames, self.face.segments, quads, side),
        )  # fmt: skip
        return folder


def outlines(context: StageContext, settings: Outline, face: FollowedFace) -> FoundOutlines:
    """The outlines, found when they are needed."""
    return FoundOutlines(context.run, context.key, settings, face)
