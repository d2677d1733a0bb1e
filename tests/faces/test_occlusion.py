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


def bar(canvas: np.ndarray, colour: int | tuple[int, int, int]) -> None:
    cv2.line(canvas, (30, 240), (170, 120), colour, 36, cv2.LINE_AA)


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
    ("draw", "colour"), [(ball, (40, 90, 200)), (bar, SKIN), (text, (255, 255, 255))], ids=["ball", "arm", "text"]
)
def test_what_is_put_in_front_is_found_and_little_else(occlusion, aligned, outlines, draw, colour):
    found, wrong = [], []
    for picture, inside in zip(aligned, outlines, strict=True):
        covered, where = covered_by(draw, picture, colour)
        mask = occlusion.find(covered) > 0.5
        found.append(mask[where & inside].mean())
        wrong.append(mask[inside & ~cv2.dilate(where.astype(np.uint8), np.ones((9, 9))).astype(bool)].mean())
    assert np.mean(found) > 0.7
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


def test_a_pixel_changes_only_what_is_near_it_at_the_finest_level():
    """Blocks of pixels that become channels come back to their places: the gradient of a pixel reaches itself."""
    network = OcclusionNet().eval()
    images = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0)).requires_grad_()
    network(images)[0, 0, 21, 40].backward()
    row, column = divmod(int(images.grad.abs().sum(1)[0].argmax()), 64)
    assert abs(row - 21) <= 4
    assert abs(column - 40) <= 4
