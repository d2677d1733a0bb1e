"""What is said to be in front of a speaker's face: nothing, and then what is put there."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest
import torch

from steadyface.faces.align import crop, quad
from steadyface.faces.mask import face_mask
from steadyface.faces.occlusion import OCCLUSION_FILE, OcclusionMask, OcclusionNet

SIZE = 256
SKIN = 205, 140, 105


@pytest.fixture(scope="module")
def occlusion() -> OcclusionMask:
    return OcclusionMask.load()


@pytest.fixture(scope="module")
def aligned(detector, mesh, clip) -> list[np.ndarray]:
    """Crops of five moments of the clip."""
    found = [(frame, mesh.find(frame, detector.detect(frame)[0]).landmarks) for frame in clip[::16]]
    return [crop(frame, quad(landmarks), SIZE) for frame, landmarks in found]


@pytest.fixture(scope="module")
def outlines(mesh, aligned) -> list[np.ndarray]:
    return [face_mask(mesh.find_aligned(picture).landmarks, SIZE) > 0.5 for picture in aligned]


def ball(canvas: np.ndarray, colour: int | tuple[int, int, int]) -> None:
    cv2.circle(canvas, (105, 170), 34, colour, -1, cv2.LINE_AA)


def arm(canvas: np.ndarray, colour: int | tuple[int, int, int]) -> None:
    """As wide as one is beside a face, and darker at its rims by .3."""
    for step in np.linspace(0, 1, 10):
        light = 0.7 + 0.3 * step
        shade = colour if isinstance(colour, int) else tuple(round(light * value) for value in colour)
        cv2.line(canvas, (20, 250), (150, 150), shade, round(56 * (1 - 0.8 * step)), cv2.LINE_AA)


def text(canvas: np.ndarray, colour: int | tuple[int, int, int]) -> None:
    cv2.putText(canvas, "LIVE NOW", (40, 190), cv2.FONT_HERSHEY_DUPLEX, 1.3, colour, 7, cv2.LINE_AA)


def covered_by(draw: Callable, picture: np.ndarray, colour: tuple[int, int, int]) -> tuple[np.ndarray, np.ndarray]:
    """The picture with what is drawn on it, as soft as a lens shows it, and where that is."""
    layer, mask = picture.copy(), np.zeros(picture.shape[:2], np.uint8)
    draw(layer, colour)
    draw(mask, 255)
    soft = cv2.GaussianBlur(mask.astype(np.float32) / 255, (0, 0), 1.0)[..., None]
    return np.rint(picture + soft * (layer.astype(np.float32) - picture)).astype(np.uint8), mask > 127


def test_nothing_is_in_front_of_a_speaker(occlusion, aligned, outlines):
    for picture, inside in zip(aligned, outlines, strict=True):
        assert (occlusion.find(picture)[inside] > 0.5).mean() < 0.005


@pytest.mark.parametrize(
    ("draw", "colour", "least"),
    [(ball, (40, 90, 200), 0.95), (arm, SKIN, 0.85), (text, (250, 220, 40), 0.7), (text, (255, 255, 255), 0.3)],
    ids=["ball", "arm", "yellow-text", "white-text"],
)
def test_what_is_put_in_front_is_found_and_little_else(occlusion, aligned, outlines, draw, colour, least):
    """White letters without a rim are the weakest: .39 of their pixels are found."""
    found, wrong = [], []
    for picture, inside in zip(aligned, outlines, strict=True):
        covered, where = covered_by(draw, picture, colour)
        mask = occlusion.find(covered) > 0.5
        found.append(mask[where & inside].mean())
        around = cv2.dilate(where.astype(np.uint8), np.ones((9, 9))).astype(bool)
        wrong.append(mask[inside & ~around].mean())
    assert np.mean(found) > least
    assert max(wrong) < 0.03


def test_pictures_of_other_sizes_have_masks_of_theirs(occlusion, aligned):
    covered, _ = covered_by(ball, aligned[0], (40, 90, 200))
    whole = occlusion.find(covered)
    for width, height in ((128, 128), (90, 90), (301, 257)):
        mask = occlusion.find(cv2.resize(covered, (width, height), interpolation=cv2.INTER_AREA))
        assert mask.shape == (height, width)
        assert mask.dtype == np.float32
        assert 0 <= mask.min() <= mask.max() <= 1
        assert np.abs(cv2.resize(mask, (SIZE, SIZE)) - whole).mean() < 0.05


def test_the_same_picture_has_the_same_mask_and_stays_as_it_is(occlusion, aligned):
    picture = aligned[0].copy()
    first = occlusion.find(picture)
    np.testing.assert_array_equal(first, occlusion.find(picture))
    np.testing.assert_array_equal(picture, aligned[0])
    np.testing.assert_array_equal(first, OcclusionMask.load().find(picture))


def test_the_network_is_small_and_keeps_the_pictures_size():
    network = OcclusionNet().eval()
    assert sum(parameter.numel() for parameter in network.parameters()) < 500_000
    assert OCCLUSION_FILE.stat().st_size < 3_000_000
    for height, width in ((128, 128), (64, 96)):
        with torch.no_grad():
            assert network(torch.zeros(2, 3, height, width)).shape == (2, 1, height, width)
