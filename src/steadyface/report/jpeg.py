"""Pictures as JPEG, for pages and as files."""

import base64
from pathlib import Path

import cv2

from steadyface.report.labels import Image

QUALITY = 82
"""JPEG quality inside a page, which holds many pictures."""
FILE_QUALITY = 85


def jpeg_uri(image: Image) -> str:
    """RGB, uint8 (H, W, 3), as a JPEG in a ``data:`` address."""
    return "data:image/jpeg;base64," + base64.b64encode(_encoded(image, QUALITY)).decode()


def save_jpeg(path: Path, image: Image) -> None:
    """Write RGB, uint8 (H, W, 3)."""
    path.write_bytes(_encoded(image, FILE_QUALITY))  # on Windows, OpenCV itself can't open all file names


def _encoded(image: Image, quality: int) -> bytes:
    return cv2.imencode(".jpg", image[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()
