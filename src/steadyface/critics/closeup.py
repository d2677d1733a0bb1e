"""LPIPS of enlarged eyes and mouth, whose details LPIPS of the whole crop hardly sees."""

from torch import Tensor
from torch.nn import functional as F

from steadyface.critics.lpips import Lpips

# Top, bottom, left, right as fractions of the FFHQ frame: the eyes lie at .47 of its height, the mouth at .73.
EYES = (0.40, 0.54, 0.27, 0.73)
MOUTH = (0.63, 0.85, 0.34, 0.66)
_HEIGHTS = {EYES: 112, MOUTH: 128}


def closeups(images: Tensor) -> list[Tensor]:
    """Cut eyes and mouth out of FFHQ-aligned crops (N, 3, R, R), enlarged: (N, 3, 112, 368) and (N, 3, 128, 186)."""
    found = []
    for box, height in _HEIGHTS.items():
        top, bottom, left, right = (round(part * images.shape[-1]) for part in box)
        size = height, round(height * (box[3] - box[2]) / (box[1] - box[0]))
        part = images[:, :, top:bottom, left:right]
        found.append(F.interpolate(part, size, mode="bilinear", align_corners=False, antialias=True))
    return found


def closeup_distance(lpips: Lpips, a: Tensor, b: Tensor) -> Tensor:
    """The mean LPIPS of enlarged eyes and mouth: crops (N, 3, R, R) twice -> (N,)."""
    eyes, mouth = (lpips(x, y) for x, y in zip(closeups(a), closeups(b), strict=True))
    total: Tensor = eyes + mouth
    return total / 2
