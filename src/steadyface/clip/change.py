"""What an edit changes in a picture."""

from torch import Tensor
from torch.nn import functional as F

from steadyface.clip.filters import low_pass

TINTS = 0.03
"""A change up to this, in [-1, 1] units, tints what is there: skin that is a little older keeps its pores."""
HIDES = 0.12
"""From here on a change hides what is there, as a rim or a beard does."""


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


def change_mask(edited: Tensor, plain: Tensor, least: float = 0.03, full: float = 0.12) -> Tensor:
    """Where an edit changes the picture: (N, 1, H, W) in [0, 1], blurred.

    Changes below ``least``, in [-1, 1] units, don't count; from ``full`` on they count fully.
    """
    change = (edited - plain).abs().mean(dim=1, keepdim=True)
    side = change.shape[-1] // 32 * 2 + 1
    blurred = F.avg_pool2d(F.avg_pool2d(change, side, 1, side // 2), side, 1, side // 2)
    return ((blurred - least) / (full - least)).clamp(0.0, 1.0)
