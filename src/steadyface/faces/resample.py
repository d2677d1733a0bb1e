"""Anti-aliased resampling under an affine map, exact to the sub-pixel.

Pixel centres are at integer coordinates. OpenCV's own cubic warp rounds positions to 1/32 px and uses a
kernel that does not reproduce a parabola. On a moving face both cause flicker. So pictures that end up in the
result go through `resample`; only the inputs of networks go through the faster `resample_fast`.
"""

import math

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Matrix = NDArray[np.float64]

_BAND_SAMPLES = 1 << 16


def invert(matrix: Matrix) -> Matrix:
    """Return the inverse of a (2, 3) affine matrix."""
    linear = np.linalg.inv(matrix[:, :2])
    return np.hstack([linear, -linear @ matrix[:, 2:]])


def apply(matrix: Matrix, points: NDArray[np.floating]) -> NDArray[np.float64]:
    """Map points (..., 2), as (x, y) px, by a (2, 3) affine matrix."""
    return np.asarray(points, dtype=np.float64) @ matrix[:, :2].T + matrix[:, 2]


def bicubic(image: Floats, x: Floats, y: Floats) -> Floats:
    """Sample `image` (H, W, C) at `x`, `y` (any shape S, px) and return S + (C,); edges are replicated.

    The kernel is Catmull-Rom, a = -1/2: Keys, "Cubic convolution interpolation for digital image processing"
    (1981), eq. 4; exact for polynomials up to the second degree.
    """
    height, width, channels = image.shape
    left, top = np.floor(x), np.floor(y)
    columns = [np.clip(left + i, 0, width - 1).astype(np.intp) for i in (-1, 0, 1, 2)]
    rows = [np.clip(top + i, 0, height - 1).astype(np.intp) * width for i in (-1, 0, 1, 2)]
    flat = np.ascontiguousarray(image).reshape(height * width, channels)
    across, down = _keys_weights(x - left), _keys_weights(y - top)
    result = np.zeros((*x.shape, channels), np.float32)
    for row, vertical in zip(rows, down, strict=True):
        line = np.zeros_like(result)
        for column, horizontal in zip(columns, across, strict=True):
            line += flat.take(row + column, axis=0) * horizontal[..., None]
        result += line * vertical[..., None]
    return result


def resample(image: Floats, to_source: Matrix, size: tuple[int, int]) -> Floats:
    """Resample `image` (H, W) or (H, W, C) to `size` (width, height) under an affine map, edges replicated.

    `to_source` (2, 3) maps a pixel of the result to a position in `image`. Where the map shrinks, the result
    is the mean over each pixel's area: whole factors by exact box means of the source, the rest by
    supersampling.
    """
    source = image[..., None] if image.ndim == 2 else image
    source, matrix = _cut(source, np.asarray(to_source, np.float64), size)
    source, matrix = _shrink_whole(source, matrix)
    width, height = size
    repeats = _repeats(matrix)
    fine = _finer(matrix, repeats)
    across = np.arange(width * repeats, dtype=np.float64)
    band = max(1, _BAND_SAMPLES // max(1, width * repeats**2))
    result = np.empty((height, width, source.shape[2]), np.float32)
    for start in range(0, height, band):
        stop = min(start + band, height)
        down = np.arange(start * repeats, stop * repeats, dtype=np.float64)[:, None]
        x = fine[0, 0] * across + fine[0, 1] * down + fine[0, 2]
        y = fine[1, 0] * across + fine[1, 1] * down + fine[1, 2]
        samples = bicubic(source, x.astype(np.float32), y.astype(np.float32))
        cells = samples.reshape(stop - start, repeats, width, repeats, -1)
        result[start:stop] = cells.mean(axis=(1, 3))
    return result[..., 0] if image.ndim == 2 else result


def resample_fast(image: NDArray[np.uint8], to_source: Matrix, size: tuple[int, int]) -> Floats:
    """Resample an (H, W, 3) picture for a network: OpenCV's bilinear warp, then an area mean, 0 to 255."""
    width, height = size
    repeats = _repeats(to_source)
    fine = cv2.warpAffine(
        image,
        _finer(to_source, repeats),
        (width * repeats, height * repeats),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    # In float, since rounding a second time would cost the network half a grey level.
    small = cv2.resize(fine.astype(np.float32), (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32)


def _keys_weights(t: Floats) -> list[Floats]:
    """Return the four Catmull-Rom weights of the neighbours -1, 0, 1, 2 at the fraction `t` in [0, 1)."""
    weights = (
        ((2 - t) * t - 1) * t / 2,
        ((3 * t - 5) * t * t + 2) / 2,
        ((4 - 3 * t) * t + 1) * t / 2,
        (t - 1) * t * t / 2,
    )
    return [w.astype(np.float32, copy=False) for w in weights]


def _scale(matrix: Matrix) -> float:
    """Return how many source pixels one pixel of the result spans along a side."""
    return math.sqrt(abs(float(np.linalg.det(matrix[:, :2]))))


def _repeats(matrix: Matrix) -> int:
    return max(1, math.ceil(_scale(matrix) - 1e-3))


def _finer(matrix: Matrix, repeats: int) -> Matrix:
    """Return the map from a grid `repeats` times finer than the one that `matrix` starts from."""
    linear = matrix[:, :2] / repeats
    return np.hstack([linear, matrix[:, 2:] + linear.sum(1, keepdims=True) * (1 - repeats) / 2])


def _cut(image: Floats, matrix: Matrix, size: tuple[int, int]) -> tuple[Floats, Matrix]:
    """Keep only the part of `image` that is needed: the cost depends on the face's size, not on the frame's."""
    width, height = size
    corners = np.array([[0, 0], [width, 0], [0, height], [width, height]]) - 0.5
    reached = apply(matrix, corners)
    margin = 3 * math.ceil(_scale(matrix)) + 3
    limits = np.array([image.shape[1], image.shape[0]])
    low = np.clip(np.floor(reached.min(0)) - margin, 0, limits - 1).astype(int)
    high = np.clip(np.ceil(reached.max(0)) + margin + 1, low + 1, limits).astype(int)
    part = image[low[1] : high[1], low[0] : high[0]].astype(np.float32, copy=False)
    return part, np.hstack([matrix[:, :2], matrix[:, 2:] - low[:, None]])


def _shrink_whole(image: Floats, matrix: Matrix) -> tuple[Floats, Matrix]:
    """Replace the whole part of a reduction by exact box means, which cost less than supersampling."""
    factor = math.floor(_scale(matrix) + 1e-3)
    if factor < 2:
        return image, matrix
    height, width, channels = image.shape
    padded = np.pad(image, ((0, -height % factor), (0, -width % factor), (0, 0)), mode="edge")
    rows, columns = padded.shape[0] // factor, padded.shape[1] // factor
    small = padded.reshape(rows, factor, columns, factor, channels).mean(axis=(1, 3), dtype=np.float32)
    return small, np.hstack([matrix[:, :2] / factor, (matrix[:, 2:] + 0.5) / factor - 0.5])
