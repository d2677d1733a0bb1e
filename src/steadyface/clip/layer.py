"""A finished picture as a layer over the input: the camera's own pixels stay where an edit leaves them alone."""

from dataclasses import dataclass

import torch
from torch import Tensor

from steadyface.clip.filters import low_pass

TINTS = 0.03
"""A change up to this, in [-1, 1] units, tints what is there: skin that is a little older keeps its pores."""
HIDES = 0.12
"""From here on a change hides what is there, as a rim or a beard does."""


@dataclass(frozen=True)
class Layer:
    """What is added to the input, and how much of it is hidden: the result is (1 - hidden) x input + added.

    The input may be any picture of the same view: a crop, or the frame itself at its own resolution.
    """

    added: Tensor
    """(N, 3, R, R), for pictures in [-1, 1]."""
    hidden: Tensor
    """(N, 1, R, R) in [0, 1]."""

    @classmethod
    def whole(cls, pictures: Tensor) -> "Layer":
        """Pictures (N, 3, R, R) that hide everything."""
        return cls(pictures, torch.ones_like(pictures[:, :1]))

    @classmethod
    def of_means(cls, pictures: Tensor, calm: Tensor) -> "Layer":
        """Of averaged pictures (N, 3, R, R), over an input whose average is ``calm``: its grain shows through a tint.

        None of it shows where the change hides the input (`opacity`): noise that was filmed on a cheek must not show on
        the rim in front of it. Where nothing is changed, the result is the input.
        """
        hidden = opacity(pictures - calm)
        return cls(pictures - (1 - hidden) * calm, hidden)

    @classmethod
    def unpacked(cls, stack: Tensor) -> "Layer":
        """The inverse of `packed`; resampling may have taken ``hidden`` out of its range."""
        return cls(stack[:, :3], stack[:, 3:].clamp(0, 1))

    def packed(self) -> Tensor:
        """Both in one tensor (N, 4, R, R), for what treats them alike."""
        return torch.cat([self.added, self.hidden], dim=1)

    def over(self, inputs: Tensor) -> Tensor:
        """The result (N, 3, R, R) on inputs of that size."""
        return (1 - self.hidden) * inputs + self.added


def with_change(real: Tensor, plain: Tensor, edited: Tensor, where: Tensor) -> Tensor:
    """Carry an edit over to a real frame, inside ``where``: (N, 3, R, R).

    ``plain`` and ``edited``, (N, 3, R, R), are the frame's inversion without and with the edit; ``where``,
    (1, 1, R, R) in [0, 1], leaves out side effects such as a changed background. Where the edit only tints the
    picture, the result is the frame plus what the edit adds, so that what the inversion missed of the frame is there
    again. Where it hides the picture (`opacity`), the result is the edited picture: added to lighter skin than the
    inversion's, a beard would be pale, and beside a contour that the inversion has elsewhere it would have an outline.
    """
    change = edited - plain
    return (real + where * (change - opacity(change) * (real - plain))).clamp(-1, 1)


def opacity(change: Tensor) -> Tensor:
    """How much of the picture a change (N, 3, H, W) hides: (N, 1, H, W) in [0, 1]."""
    strongest = low_pass(change.abs().amax(dim=1, keepdim=True))
    return ((strongest - TINTS) / (HIDES - TINTS)).clamp(0, 1)
