"""A closer look at eyes and mouth, where a face is alive and where LPIPS of the whole crop looks past."""

from torch import Tensor
from torch.nn import functional as F

# Top, bottom, left, right as fractions of the FFHQ frame: the eyes lie at .47 of its height, the mouth at .73.
CLOSEUP = (0.40, 0.85, 0.27, 0.73)
_SIDE = 224


def closeup(images: Tensor) -> Tensor:
    """Cut eyes and mouth out of FFHQ-aligned crops (N, 3, R, R), enlarged to 224 px: (N, 3, 224, 224)."""
    top, bottom, left, right = (round(part * images.shape[-1]) for part in CLOSEUP)
    part = images[:, :, top:bottom, left:right]
    return F.interpolate(part, (_SIDE, _SIDE), mode="bilinear", align_corners=False, antialias=True)
