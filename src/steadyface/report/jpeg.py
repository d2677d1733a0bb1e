"""Pictures inside a page."""

import base64

import cv2

from steadyface.report.labels import Image

QUALITY = 82


def jpeg_uri(image: Image) -> str:
    """RGB, uint8 (H, W, 3), as a JPEG in a ``data:`` address."""
    encoded = cv2.imencode(".jpg", image[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1]
    return "data:image/jpeg;base64," + base64.b64encode(encoded.tobytes()).decode()
