"""FFHQ's face alignment, and its exact inverse.

A quad is an array (4, 2) of x, y in image px: the top left, bottom left, bottom right and top right corner of
a turned square. Pixel centres are at integer coordinates, and the quad's corners are the outer
corners of the crop's corner pixels. The quads are those of FFHQ's own script (Karras, Laine, Aila, "A
Style-Based Generator Architecture for Generative Adversarial Networks", 2019; the recipe is in Karras et al.,
"Progressive Growing of GANs", 2018, appendix C). Measured on 40 faces of a generator trained on FFHQ: this
mesh's quads are 1 % larger than the pictures, their centres within 0.2 %.
"""

import math
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from steadyface.faces import topology
from steadyface.faces.resample import Floats, Matrix, invert, resample
from steadyface.faces.settings import Alignment
from steadyface.faces.smooth import smooth

Pixel = TypeVar("Pixel", np.uint8, np.float32)
Vectors = NDArray[np.float64]

FACE_BOX = (9 / 64, 16 / 64, 55 / 64, 62 / 64)
"""Left, top, right, bottom of the face, brows to chin, as fractions of an aligned crop. In 64ths, so that the edges
fall between pixels."""
PUPILS = ((0.375, 0.47), (0.625, 0.47))
"""Where the pupils are in an aligned crop, as fractions of it: right, left."""

_FEATHER = 0.1
_BLUR = 0.02


def quads(landmarks: NDArray[np.floating], settings: Alignment) -> NDArray[np.float64]:
    """Return the FFHQ quads (T, 4, 2) of a track's landmarks (T, 468, 2), or (T, 68, 2), smoothed over time.

    Centre, axes and the mouth's place are smoothed separately.
    """
    eyes, eye_to_eye, eye_to_mouth = _eyes_and_mouth(landmarks)
    steady = _turned(eye_to_eye, smooth(_relative(eye_to_mouth, eye_to_eye), settings.mouth_sigma))
    centre, axis = _centre_and_axis(eyes, eye_to_eye, steady)
    return _corners(smooth(centre, settings.centre_sigma), smooth(axis, settings.axes_sigma))


def quad(landmarks: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the FFHQ quad (4, 2) of one face's landmarks (468, 2)."""
    return _corners(*_centre_and_axis(*_eyes_and_mouth(landmarks)))


def quad_side(corners: NDArray[np.floating]) -> float:
    """Return the length of a quad's side, image px."""
    return float(np.linalg.norm(corners[3] - corners[0]))


def crop_matrix(corners: NDArray[np.floating], size: int) -> Matrix:
    """Return the affine map (2, 3) from image px to the px of a crop of `size` x `size`."""
    return invert(_to_image(corners, size))


def crop(image: NDArray[Pixel], corners: NDArray[np.floating], size: int) -> NDArray[Pixel]:
    """Cut the quad out of `image` (H, W, 3) as (size, size, 3), uint8, or float32 without rounding.

    What lies outside the image is mirrored at its border, and blurred more the farther out it is, as in FFHQ. Unlike
    there, no pixel inside the image is changed, so that a crop can be put back unchanged.
    """
    to_image = _to_image(corners, size)
    part, origin = _with_surroundings(image, corners)
    shifted = np.hstack([to_image[:, :2], to_image[:, 2:] - origin[:, None]])
    return _like(resample(part, shifted, (size, size)), image)


def uncrop(
    picture: NDArray[Pixel],
    corners: NDArray[np.floating],
    frame_size: tuple[int, int],
    outside: float | None = None,
) -> NDArray[Pixel]:
    """Put a crop (S, S) or (S, S, C) back where the quad lies in a frame of `frame_size` (height, width).

    Args:
        picture: the crop, uint8 or float32; the result is of the same type.
        corners: the quad (4, 2) it was cut with.
        frame_size: height and width, px.
        outside: the value around the crop, which it blends into: 0 for masks. By default the crop's edge
            pixels are repeated inside the quad's bounding box, so that a picture has no dark rim, and the frame
            beyond the box is 0.

    Returns the frame (H, W) or (H, W, C). Masks stay within their own range: cubic ringing is cut off.
    """
    height, width = frame_size
    fill = 0.0 if outside is None else outside
    frame = np.full((height, width, *picture.shape[2:]), fill, picture.dtype)
    low = np.clip(np.floor(corners.min(0)).astype(int) - 1, 0, (width, height))
    high = np.clip(np.ceil(corners.max(0)).astype(int) + 2, 0, (width, height))
    if (high <= low).any():
        return frame
    source = picture.astype(np.float32)
    to_crop = crop_matrix(corners, picture.shape[0])
    to_crop[:, 2] += to_crop[:, :2] @ low
    if outside is not None:
        # A border as wide as the kernel, also after a reduction by a whole factor, so that edge replication repeats
        # the fill value.
        reach = 3 * math.ceil(max(1.0, picture.shape[0] / max(quad_side(corners), 1e-6)))
        around = ((reach, reach), (reach, reach), *[(0, 0)] * (picture.ndim - 2))
        source = np.pad(source, around, constant_values=outside)
        to_crop[:, 2] += reach
    size = (int(high[0] - low[0]), int(high[1] - low[1]))
    inside = np.clip(resample(source, to_crop, size), source.min(), source.max())
    frame[low[1] : high[1], low[0] : high[0]] = _like(inside, picture)
    return frame


def _eyes_and_mouth(landmarks: NDArray[np.floating]) -> tuple[Vectors, Vectors, Vectors]:
    """Return the middle of the eyes (..., 2), the vector from eye to eye, and that from their middle to the mouth's."""
    points = topology.ffhq_points(np.asarray(landmarks, np.float64))
    eyes, mouth = points[..., :2, :].mean(-2), points[..., 2:, :].mean(-2)
    return eyes, points[..., 1, :] - points[..., 0, :], mouth - eyes


def _centre_and_axis(eyes: Vectors, eye_to_eye: Vectors, eye_to_mouth: Vectors) -> tuple[Vectors, Vectors]:
    """Return the quad's centre (..., 2) and half its side along the eyes (..., 2), by FFHQ's recipe."""
    axis = eye_to_eye - _quarter_turn(eye_to_mouth)
    axis /= np.linalg.norm(axis, axis=-1, keepdims=True)
    by_eyes = np.linalg.norm(eye_to_eye, axis=-1, keepdims=True) * 2.0
    by_mouth = np.linalg.norm(eye_to_mouth, axis=-1, keepdims=True) * 1.8
    return eyes + eye_to_mouth * 0.1, axis * np.maximum(by_eyes, by_mouth)


def _corners(centre: NDArray[np.float64], axis: NDArray[np.float64]) -> NDArray[np.float64]:
    down = _quarter_turn(axis)
    return np.stack([centre - axis - down, centre - axis + down, centre + axis + down, centre + axis - down], -2)


def _relative(vector: Vectors, base: Vectors) -> Vectors:
    """Return the coordinates of vectors (..., 2) in the basis of `base` and `base` turned by a quarter."""
    along = np.stack([(vector * base).sum(-1), (vector * _quarter_turn(base)).sum(-1)], -1)
    parts: Vectors = along / np.square(base).sum(-1, keepdims=True)
    return parts


def _turned(base: Vectors, parts: Vectors) -> Vectors:
    """Undo `_relative`."""
    return parts[..., :1] * base + parts[..., 1:] * _quarter_turn(base)


def _quarter_turn(vector: NDArray[np.float64]) -> NDArray[np.float64]:
    """Turn x to y: rightwards becomes downwards."""
    return np.stack([-vector[..., 1], vector[..., 0]], -1)


def _to_image(corners: NDArray[np.floating], size: int) -> Matrix:
    """Return the affine map (2, 3) from crop px to image px."""
    top_left, bottom_left, _, top_right = np.asarray(corners, np.float64)
    linear = np.column_stack([top_right - top_left, bottom_left - top_left]) / size
    return np.column_stack([linear, top_left + linear.sum(1) / 2])


def _with_surroundings(image: NDArray[Pixel], corners: NDArray[np.floating]) -> tuple[Floats, NDArray[np.int64]]:
    """Return the quad's bounding box of `image` extended beyond the border, and its origin (x, y) px."""
    side = quad_side(corners)
    margin = 3 + math.ceil(side / 64)
    low = np.floor(corners.min(0)).astype(np.int64) - margin
    high = np.ceil(corners.max(0)).astype(np.int64) + margin + 1
    limits = np.array([image.shape[1], image.shape[0]])
    if (low >= 0).all() and (high <= limits).all():
        return image[low[1] : high[1], low[0] : high[0]].astype(np.float32), low
    columns = np.arange(low[0], high[0])
    rows = np.arange(low[1], high[1])
    part = image[_mirrored(rows, limits[1])[:, None], _mirrored(columns, limits[0])].astype(np.float32)
    beyond_x = np.maximum(0, np.maximum(-columns, columns - limits[0] + 1))
    beyond_y = np.maximum(0, np.maximum(-rows, rows - limits[1] + 1))
    beyond = np.hypot(beyond_x, beyond_y[:, None])
    share = np.clip(beyond / (_FEATHER * side), 0, 1).astype(np.float32)[..., None]
    blurred = cv2.GaussianBlur(part, (0, 0), _BLUR * side, borderType=cv2.BORDER_REFLECT_101)
    return part + (blurred - part) * share, low


def _mirrored(index: NDArray[np.int64], length: int) -> NDArray[np.int64]:
    """Fold indices into 0 .. length - 1, back and forth, without repeating the border pixel."""
    period = max(1, 2 * (length - 1))
    folded = index % period
    return np.asarray(np.minimum(folded, period - folded))


def _like(values: Floats, example: NDArray[Pixel]) -> NDArray[Pixel]:
    """Convert to the type of `example`, rounding and clipping for uint8."""
    if example.dtype == np.uint8:
        return np.clip(np.rint(values), 0, 255).astype(example.dtype)
    return values.astype(example.dtype, copy=False)
