"""What an edit changes in a picture."""

from torch import Tensor
from torch.nn import functional as F


def change_mask(edited: Tensor, plain: Tensor, least: float = 0.03, full: float = 0.12) -> Tensor:
    """Where an edit changes the picture: (N, 1, H, W) in [0, 1], blurred.

    Changes below ``least``, in [-1, 1] units, don't count; from ``full`` on they count fully.
    """
    change = (edited - plain).abs().mean(dim=1, keepdim=True)
    side = change.shape[-1] // 32 * 2 + 1
    blurred = F.avg_pool2d(F.avg_pool2d(change, side, 1, side // 2), side, 1, side // 2)
    return ((blurred - least) / (full - least)).clamp(0.0, 1.0)
