"""One person's face, cut out of every frame of a clip."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from steadyface.clip.folder import FrameFolder
from steadyface.clip.segments import Segments
from steadyface.faces.ears import ears_mask
from steadyface.faces.mask import face_mask

_OUTLINE_FEATHER = 0.06
_EARS_FEATHER = 0.02
_RIMS = 0.045
"""How far beyond the face's outline rims may reach, as a fraction of the side. Changes farther out are of hair."""


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
    covers: Callable[[int], NDArray[np.float32]] | None = None
    """A frame's number -> what is in front of the face there, (S, S) in [0, 1]; None: nothing anywhere."""

    def __len__(self) -> int:
        return len(self.quads)

    def part(self, frames: Sequence[int]) -> "Aligned":
        """Some of the frames as a clip of its own."""
        rows = list(frames)
        return Aligned(
            self.quads[rows],
            self.landmarks[rows],
            self.person,
            self.inputs.part(rows),
            self.segments.part(rows),
            self.covers and (lambda index: 1 - self.visible(rows[index])),
        )

    def visible(self, index: int) -> NDArray[np.float32]:
        """Where nothing is in front of the face in a frame: (S, S) in [0, 1]."""
        if self.covers is None:
            return np.ones_like(self.person)
        return 1 - self.covers(index)

    def covered(self) -> NDArray[np.float64]:
        """(T,): the share of the face that is covered in each frame."""
        if self.covers is None:
            return np.zeros(len(self))
        faces = (self.outline([index]) for index in range(len(self)))
        return np.array([float((face * self.covers(n)).sum() / face.sum()) for n, face in enumerate(faces)])

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
        """What is ear, or farther from the face than rims are, in all of these frames: (S, S) in [0, 1]."""
        size = len(self.person)
        ears = np.min([ears_mask(self.landmarks[index], size, _EARS_FEATHER * size) for index in frames], axis=0)
        return np.asarray(np.maximum(ears, 1 - self.outline(frames, _RIMS)), np.float32)
