"""The part of an aligned crop that the face networks look at."""

from torch import Tensor
from torch.nn import functional as F

from steadyface.faces.align import FACE_BOX

# The mean colour that the three networks of face-api subtract, RGB in [0, 255].
_MEAN_RGB = (122.782, 117.001, 104.298)


def face_box(images: Tensor, size: int) -> Tensor:
    """Cut the face, brows to chin, out of FFHQ-aligned crops (N, 3, R, R) in [-1, 1]: (N, 3, size, size).

    The box is dlib's 150-pixel chip (mean face, padding 0.25) laid over FFHQ's alignment: the pupils, a
    quarter of the frame apart at 0.47 of its height, land where dlib's chip has them. Larger, smaller and
    shifted boxes told portraits apart less well. Bilinear with antialiasing; differentiable.
    """
    height, width = images.shape[2:]
    left, top, right, bottom = FACE_BOX
    face = images[:, :, round(top * height) : round(bottom * height), round(left * width) : round(right * width)]
    return F.interpolate(face, size=(size, size), mode="bilinear", align_corners=False, antialias=True)


def centred(face: Tensor, divisor: float) -> Tensor:
    """Images in [-1, 1] to what face-api's networks were trained on: (RGB in [0, 255] - mean) / divisor."""
    mean = face.new_tensor(_MEAN_RGB).view(1, 3, 1, 1)
    return ((face + 1) * 127.5 - mean) / divisor
