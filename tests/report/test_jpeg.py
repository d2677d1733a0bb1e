"""Pictures as JPEG files."""

from pathlib import Path

import cv2
import numpy as np

from steadyface.report.jpeg import save_jpeg


def test_a_saved_picture_is_in_rgb(tmp_path: Path) -> None:
    save_jpeg(tmp_path / "picture.jpg", np.full((16, 24, 3), (200, 100, 20), np.uint8))
    found = cv2.imread(str(tmp_path / "picture.jpg"))[:, :, ::-1]
    assert found.shape == (16, 24, 3)
    np.testing.assert_allclose(found, np.broadcast_to((200, 100, 20), found.shape), atol=3)
