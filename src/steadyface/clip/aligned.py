"""One person's face, cut out of every frame of a clip."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from steadyface.clip.folder import FrameFolder
from steadyface.clip.segments import Segments
from steadyface.faces.ears import ears_mask
from steadyface.faces.mask import face_mask

_OUTLINE_FEATHER = 0.06
_EARS_FEATHER = 0.02


@dataclass(frozen=True)
class Aligned:
    """One person's face over the clip."""

    quads: NDArray[np.float64]
    """(T, 4, 2): corners of the crops, in frame px."""
    landmarks: NDArray[np.float64]
    """(T, 468, 2): in crop px, smoothed over time."""
    person: NDArray[np.float32]
    """(S, S) in [0, 1]: where in the crops the person is in any of the frames, widened a little."""
    inputs: FrameFolder
    """The aligned crops of the input."""
    segments: Segments
    """Where these frames are in the file."""

    def __len__(self) -> int:
        return len(self.quads)

    def part(self, frames: Sequence[int]) -> "Aligned":
        """Some of the frames as a clip of its own."""
        rows = list(frames)
        return Aligned(
            self.quads[rows], self.landmarks[rows], self.person, self.inputs.part(rows), self.segments.part(rows)
        )

    def outline(self, frames: Sequence[int], dilation: float = 0.0) -> NDArray[np.float32]:
        """Where the face is in any of these frames, down to its chin, with a soft edge: (S, S) in [0, 1].

        ``dilation``, a fraction of the crop's side, widens it, or narrows it if negative.
        """
        size = len(self.person)
        how = {"dilation": dilation * size, "feather": _OUTLINE_FEATHER * size}
        return np.asarray(
            np.max([face_mask(self.landmarks[index], size, **how) for index in frames], axis=0), np.float32
        )

    def ears(self, frames: Sequence[int]) -> NDArray[np.float32]:
        """What is ear in all of these frames, with a soft edge: (S, S) in [0, 1]."""
        size = len(self.person)
        feather = _EARS_FEATHER * size
        return np.asarray(
            np.min([ears_mask(self.landmarks[index], size, feather) for index in frames], axis=0), np.float32
        )
