"""Put an aligned layer back over its frame: the exact inverse of the alignment, blended by a soft mask."""

import numpy as np
from numpy.typing import NDArray

from steadyface.faces.align import uncrop

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]


def paste(
    frame: Pixels,
    layer: Floats,
    mask: Floats,
    corners: NDArray[np.floating],
    around: Pixels | None = None,
) -> Pixels:
    """Return the frame (H, W, 3) with the `change` that these make."""
    return changed(frame, change(frame, layer, mask, corners, around))


def changed(frame: Pixels, by: Floats) -> Pixels:
    """Return a frame (H, W, 3) and a change of it, rounded."""
    return np.asarray(np.clip(np.rint(frame + by), 0, 255), np.uint8)


def change(
    frame: Pixels,
    layer: Floats,
    mask: Floats,
    corners: NDArray[np.floating],
    around: Pixels | None = None,
) -> Floats:
    """Return what a packed `Layer` (4, S, S) over the frame changes, in levels: (H, W, 3), not rounded.

    The layer is in the quad ``corners``, weighted by the mask (S, S). What it does not hide are the frame's own pixels,
    which were never resampled. ``around`` (H, W, 3) is what the mask fades to, the frame itself if not given. Where the
    mask is 0, the change is exactly that to ``around``. It does not go beyond black and white.
    """
    result = np.zeros(frame.shape, np.float32) if around is None else around.astype(np.float32) - frame
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
    under = frame[box].astype(np.float32)
    over = laid[..., :3] - np.clip(laid[..., 3:], 0, 1) * under
    blended = np.where(weight > 0, result[box] + weight * (over - result[box]), result[box])
    result[box] = np.clip(blended, -under, 255 - under)
    return result


def least_layer(before: NDArray[np.floating], after: NDArray[np.floating], white: float = 255) -> tuple[Floats, Floats]:
    """Return the change of a frame (H, W, 3), in [0, white], as a layer: premultiplied colours (H, W, 3), alpha (H, W).

    Colours + (1 - alpha) x before is after. Of all layers for which that holds and whose colours, not premultiplied,
    are in range, this one hides least. Half of it, colours and alpha alike, is half the change.
    """
    least = white / 1e5
    darker = (before - after) / np.maximum(before, least)
    lighter = (after - before) / np.maximum(white - before, least)
    alpha = np.clip(np.maximum(darker, lighter).max(axis=2), 0, 1)
    colours = np.clip(after - (1 - alpha[..., None]) * before, 0, white)
    return np.asarray(colours, np.float32), np.asarray(alpha, np.float32)
