"""Put an aligned crop back into its frame: the exact inverse of the alignment, blended by a soft mask."""

import numpy as np
from numpy.typing import NDArray

from steadyface.faces.align import uncrop

Pixels = NDArray[np.uint8]


def paste(frame: Pixels, picture: Pixels, mask: NDArray[np.float32], corners: NDArray[np.floating]) -> Pixels:
    """Return the frame (H, W, 3) with the crop (S, S, 3) pasted into the quad ``corners``, weighted by the mask (S, S).

    Pixels of the frame at which the mask is 0 stay exactly as they are.
    """
    height, width = frame.shape[:2]
    weight = uncrop(mask, corners, (height, width), outside=0.0)[..., None]
    face = uncrop(picture.astype(np.float32), corners, (height, width))
    blended = frame + weight * (face - frame)
    return np.where(weight > 0, np.clip(np.rint(blended), 0, 255), frame).astype(np.uint8)
