import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steadyface.faces.detect import Detection, anchors, decode, iou, letterbox, weighted_nms
from steadyface.faces.resample import apply


def at(box: list[float], score: float) -> Detection:
    return Detection(np.array(box, np.float32), score, np.full((6, 2), box[0], np.float32))


def test_anchors_of_both_models():
    short = anchors(((16, 2), (8, 6)))
    assert short.shape == (896, 2)
    np.testing.assert_allclose(short[[0, 1, 2, 32]], np.array([[1, 1], [1, 1], [3, 1], [1, 3]]) / 32)
    np.testing.assert_allclose(short[[512, 517, 518, 895]], np.array([[1, 1], [1, 1], [3, 1], [15, 15]]) / 16)
    assert anchors(((48, 1),)).shape == (2304, 2)


def test_decode_by_hand():
    grid = np.array([[0.25, 0.75], [0.5, 0.5]], np.float32)
    regressors = np.zeros((2, 16), np.float32)
    regressors[0, :6] = 4.5, -3.5, 20, 10, 0.5, 0.5
    to_image = np.array([[2.0, 0, 10], [0, 2.0, -10]])
    (found,) = decode(regressors, np.array([0.0, -0.1], np.float32), grid, 100, to_image, 0.5)
    # Centre 25 + 4.5 - .5 = 29, 75 - 3.5 - .5 = 71 in the input, 68, 132 in the image.
    np.testing.assert_allclose(found.box, [48, 122, 88, 142])
    np.testing.assert_allclose(found.keypoints[0], [60, 140])
    assert found.score == 0.5


def test_a_confident_logit_doesnt_overflow():
    with np.errstate(all="raise"):
        scored = decode(
            np.zeros((2, 16), np.float32),
            np.array([-1e4, 1e4], np.float32),
            np.zeros((2, 2), np.float32),
            8,
            EYE,
            0.5,
        )
    assert [d.score for d in scored] == [1.0]


EYE = np.eye(2, 3)


def test_iou():
    boxes = np.array([[0, 0, 2, 2], [1, 1, 3, 3], [5, 5, 6, 6], [0, 0, 4, 1]], float)
    np.testing.assert_allclose(iou(boxes[0], boxes), [1, 1 / 7, 0, 2 / 6])


def test_nms_merges_by_score_and_keeps_others_apart():
    merged = weighted_nms([at([0, 0, 10, 10], 0.6), at([3, 0, 13, 10], 0.9), at([50, 50, 60, 60], 0.7)])
    assert [d.score for d in merged] == [0.9, 0.7]
    np.testing.assert_allclose(merged[0].box, [1.8, 0, 11.8, 10], rtol=1e-6)
    np.testing.assert_allclose(merged[0].keypoints, np.full((6, 2), 1.8), rtol=1e-6)
    np.testing.assert_array_equal(merged[1].box, [50, 50, 60, 60])


def test_nms_of_nothing_and_of_an_empty_box():
    assert weighted_nms([]) == []
    assert len(weighted_nms([at([5, 5, 5, 5], 0.8)])) == 1


@given(st.integers(20, 700), st.integers(20, 700), st.sampled_from([128, 192]))
def test_letterbox_maps_the_pictures_outline_onto_its_place(width, height, side):
    square, to_image = letterbox(np.full((height, width, 3), 255, np.uint8), side)
    rows, columns = np.nonzero(square[..., 0])
    outline = np.array([[columns.min(), rows.min()], [columns.max() + 1, rows.max() + 1]]) - 0.5
    expected = np.array([[0, 0], [width, height]]) - 0.5
    np.testing.assert_allclose(apply(to_image, outline), expected, atol=1e-6)
    assert square.shape == (side, side, 3)


def test_a_portrait_is_found_once_and_the_eyes_are_where_they_were_marked(detector, photograph, marks):
    (found,) = detector.detect(photograph)
    pupils = marks[:2]
    apart = np.linalg.norm(pupils[1] - pupils[0])
    assert np.linalg.norm(found.keypoints[:2] - pupils, axis=1).max() < 0.15 * apart
    assert (found.box[:2] < pupils[0]).all()
    assert (found.box[2:] > pupils[1]).all()


@pytest.mark.parametrize("place", [(0, 0), (1700, 900), (860, 450), (1120, 60), (700, 700)])
def test_a_small_face_anywhere_in_full_hd_is_found(detector, clip, place):
    frame = np.full((1080, 1920, 3), 120, np.uint8)
    small = cv2.resize(clip[0][:, 36:324], (150, 150), interpolation=cv2.INTER_AREA)
    left, top = place
    frame[top : top + 150, left : left + 150] = small
    (found,) = detector.detect(frame)
    centre = (found.box[:2] + found.box[2:]) / 2
    # The speaker's face is a little below the middle.
    assert np.abs(centre - np.array([left + 75, top + 80])).max() < 15


def test_a_face_that_fills_the_picture_is_found_once(detector, photograph):
    assert len(detector.detect(np.ascontiguousarray(photograph[120:400, 120:400]))) == 1


def test_several_faces_are_kept_apart(detector, photograph, clip):
    speaker = cv2.resize(clip[0][:, 36:324], (512, 512))
    row = np.hstack([photograph, speaker, photograph[:, ::-1]])
    found = sorted(detector.detect(row), key=lambda d: d.box[0])
    assert [int(d.keypoints[2, 0] // 512) for d in found] == [0, 1, 2]


def test_no_face_in_noise_and_flat_pictures(detector):
    rng = np.random.default_rng(0)
    assert detector.detect(rng.integers(0, 256, (288, 360, 3), dtype=np.uint8)) == []
    assert detector.detect(np.full((720, 1280, 3), 90, np.uint8)) == []
