"""Pictures as JPEG: inside a page, and as files."""

import base64
from pathlib import Path

import cv2

from steadyface.report.labels import Image

QUALITY = 82
"""Inside a page, which holds many."""
FILE_QUALITY = 85


def jpeg_uri(image: Image) -> str:
    """RGB, uint8 (H, W, 3), as a JPEG in a ``data:`` address."""
    encoded = cv2.imencode(".jpg", image[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1]
    return "data:image/jpeg;base64," + base64.b64encode(encoded.tobytes()).decode()


def save_jpeg(path: Path, image: Image) -> None:
    """Write RGB, uint8 (H, W, 3)."""
    cv2.imwrite(str(path), image[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, FILE_QUALITY])
