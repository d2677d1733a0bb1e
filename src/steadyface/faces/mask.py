"""Soft masks: the face by its landmarks, the person by a network."""

from collections.abc import Callable, Iterable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from steadyface.faces import topology
from steadyface.faces.tflite import OneNetwork

Floats = NDArray[np.float32]

_SUBPIXEL_BITS = 6
_OVERSAMPLING = 4


def face_mask(
    landmarks: NDArray[np.floating],
    size: int,
    *,
    forehead: float = 0.25,
    dilation: float = 0.0,
    feather: float = 0.0,
) -> Floats:
    """Return the mask (size, size) of a face in an aligned crop, 1 inside and 0 outside.

    Args:
        landmarks: (468, 2), in crop px.
        size: the crop's side, px.
        forehead: how far the outline is raised above the mesh, which ends short of the hairline, as a fraction of
            the height between the brows and the mesh's upper end.
        dilation: px to widen by; negative to narrow.
        feather: px over which the mask goes from nearly 1 to nearly 0 (four sigmas of a Gaussian), centred on
            the outline.
    """
    outline = _hull(_raised(landmarks.astype(np.float64), forehead))
    return _soft(filled(_widened(outline, dilation), size), feather)


def parts_mask(
    landmarks: NDArray[np.floating],
    contours: Iterable[Sequence[int]],
    size: int,
    *,
    reach: float = 0.2,
    feather: float = 0.0,
) -> Floats:
    """Return the mask (size, size) of some parts of a face in an aligned crop, 1 inside and 0 outside.

    Args:
        landmarks: (468, 2), in crop px.
        contours: indices of the landmarks around each part (eyes, lips), from one corner along one side to the
            other corner and back.
        size: the crop's side, px.
        reach: how far the mask extends beyond the contours, as a fraction of a part's width.
        feather: as in `face_mask`.
    """
    masks = []
    for contour in contours:
        points = landmarks[list(contour)].astype(np.float64)
        width = float(np.linalg.norm(points[len(points) // 2] - points[0]))
        masks.append(_grown(_hull(points), size, reach * width))
    return _soft(np.max(masks, axis=0), feather)


def _soft(mask: Floats, feather: float) -> Floats:
    if feather <= 0:
        return mask
    # A face may continue past the crop, so that the mask mustn't fade at the crop's border.
    return np.asarray(cv2.GaussianBlur(mask, (0, 0), feather / 4, borderType=cv2.BORDER_REPLICATE), np.float32)


class PersonMask(OneNetwork):
    """MediaPipe's selfie segmentation: where in a picture a person is, hair and clothes included."""

    CARD = "person-mask"

    def find(self, image: NDArray[np.uint8]) -> Floats:
        """Return the probability (H, W), 0 to 1, that a pixel of `image` (H, W, 3) shows a person.

        The network works at 256 x 256, so outlines are soft by about a hundredth of the picture.
        """
        side = (self._model.width, self._model.height)
        return at_side(image, side, lambda small: self._model(small / np.float32(255))[0])


def at_side(image: NDArray[np.uint8], side: tuple[int, int], network: Callable[[Floats], Floats]) -> Floats:
    """Return the probability (H, W) of each pixel of `image` (H, W, 3) by a network for pictures of another size.

    Args:
        image: RGB.
        side: width and height of the network's pictures, px.
        network: picture (height, width, 3), float32, 0 to 255 -> probability (height, width).
    """
    height, width = image.shape[:2]
    shrinks = width * height > side[0] * side[1]
    small = cv2.resize(image, side, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    full = cv2.resize(network(small.astype(np.float32)), (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(np.clip(full, 0, 1), np.float32)


def _raised(points: NDArray[np.float64], forehead: float) -> NDArray[np.float64]:
    """Stretch what lies above the brows away from the chin."""
    brows = points[[*topology.RIGHT_BROW, *topology.LEFT_BROW]].mean(0)
    up = brows - points[topology.CHIN]
    up /= np.linalg.norm(up)
    height = np.maximum(0, (points - brows) @ up)
    raised: NDArray[np.float64] = points + forehead * height[:, None] * up
    return raised


def _hull(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the convex hull (N, 2) of the points, in order around it."""
    hull: NDArray[np.float64] = cv2.convexHull(points.astype(np.float32))[:, 0].astype(np.float64)
    return hull


def _widened(outline: NDArray[np.float64], distance: float) -> NDArray[np.float64]:
    """Move the corners of a convex outline outwards so that its edges move by `distance`, px."""
    edges = np.roll(outline, -1, axis=0) - outline
    normals = np.stack([edges[:, 1], -edges[:, 0]], -1)
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9)
    if np.sum(normals * (outline - outline.mean(0))) < 0:
        normals = -normals
    miter = normals + np.roll(normals, 1, axis=0)
    # Bounded, since a sharp corner would move too far.
    length = np.maximum((miter**2).sum(1, keepdims=True) / 2, 0.5)
    widened: NDArray[np.float64] = outline + distance * miter / length
    return widened


def _grown(outline: NDArray[np.float64], size: int, reach: float) -> Floats:
    """Return the mask (size, size) of a convex outline and what is at most `reach` px outside it, soft over a pixel."""
    mask = np.zeros((size, size), np.float32)
    left, top = np.floor(outline.min(0) - reach).astype(int).clip(0, size)
    right, bottom = np.ceil(outline.max(0) + reach).astype(int).clip(-1, size - 1) + 1
    columns, rows = np.arange(left, right), np.arange(top, bottom)
    pixels = np.stack(np.meshgrid(columns, rows), axis=-1)[:, :, None] - outline
    edges = np.roll(outline, -1, axis=0) - outline
    along = np.clip((pixels * edges).sum(-1) / np.maximum((edges**2).sum(-1), 1e-9), 0, 1)
    away = np.linalg.norm(pixels - along[..., None] * edges, axis=-1).min(-1)
    side = np.sign(edges[:, 0] * pixels[..., 1] - edges[:, 1] * pixels[..., 0])
    away = np.where(np.abs(side.sum(-1)) == len(outline), 0.0, away)
    mask[top:bottom, left:right] = np.clip(reach - away + 0.5, 0, 1)
    return mask


def filled(outline: NDArray[np.float64], size: int) -> Floats:
    """Return the mask (size, size) of a convex outline (N, 2) in px.

    It is drawn at several times the size, since OpenCV's own antialiasing widens shapes.
    """
    # fillPoly also fills pixels that the outline only touches, so that it is narrowed by half a fine pixel.
    fine = (_widened(outline, -0.5 / _OVERSAMPLING) + 0.5) * _OVERSAMPLING - 0.5
    canvas = np.zeros((size * _OVERSAMPLING, size * _OVERSAMPLING), np.uint8)
    cv2.fillPoly(canvas, [np.rint(fine * 2**_SUBPIXEL_BITS).astype(np.int32)], 255, shift=_SUBPIXEL_BITS)
    small = cv2.resize(canvas, (size, size), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32) / np.float32(255)
