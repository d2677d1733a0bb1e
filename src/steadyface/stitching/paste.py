"""Put an aligned layer back over its frame: the exact inverse of the alignment, blended by a soft mask."""

import numpy as np
from numpy.typing import NDArray

from steadyface.faces.align import uncrop

Pixels = NDArray[np.uint8]


def paste(
    frame: Pixels,
    layer: NDArray[np.float32],
    mask: NDArray[np.float32],
    corners: NDArray[np.floating],
    around: Pixels | None = None,
) -> Pixels:
    """Return the frame (H, W, 3) under a packed `Layer` (4, S, S) in the quad ``corners``, weighted by the mask (S, S).

    What the layer does not hide are the frame's own pixels, which were never resampled. ``around`` (H, W, 3) is what
    the mask fades to, the frame itself if not given. Its pixels at which the mask is 0 stay exactly as they are.
    """
    result = (frame if around is None else around).copy()
    size = frame.shape[1::-1]
    low = np.clip(np.floor(corners.min(0)).astype(int) - 1, 0, size)
    high = np.clip(np.ceil(corners.max(0)).astype(int) + 2, low, size)
    box, within, extent = (slice(low[1], high[1]), slice(low[0], high[0])), corners - low, tuple((high - low)[::-1])
    if not min(extent):
        return result
    weight = uncrop(mask, within, extent, outside=0.0)[..., None]
    # the frame's pixels are in [0, 255], the layer is for pictures in [-1, 1]
    levels = np.ascontiguousarray(np.concatenate([127.5 * (layer[:3] + layer[3:]), layer[3:]]).transpose(1, 2, 0))
    laid = uncrop(levels, within, extent)
    under = result[box].astype(np.float32)
    over = laid[..., :3] + (1 - np.clip(laid[..., 3:], 0, 1)) * frame[box]
    blended = np.clip(np.rint(under + weight * (over - under)), 0, 255)
    result[box] = np.where(weight > 0, blended, under)
    return result
