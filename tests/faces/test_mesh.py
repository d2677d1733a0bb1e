import json

import cv2
import numpy as np
import pytest

from steadyface.faces import topology
from steadyface.faces.resample import apply


def test_eyes_are_where_they_were_marked(detector, mesh, photos, shared):
    marks = json.loads((shared / "faces" / "landmarks.json").read_text())
    errors, offsets = [], []
    for name, photo in photos.items():
        found = mesh.find(photo, detector.detect(photo)[0])
        assert found.presence > 0.99
        pupils = np.array(marks[name][:2])
        apart = np.linalg.norm(pupils[1] - pupils[0])
        eyes = topology.ffhq_points(found.landmarks)[:2]
        errors.append(abs(topology.interocular(found.landmarks) / apart - 1))
        offsets.append(np.linalg.norm(eyes.mean(0) - pupils.mean(0)) / apart)
    assert np.mean(errors) < 0.04
    assert np.mean(offsets) < 0.03


def test_corners_of_eyes_and_mouth_are_where_they_were_marked(detector, mesh, photos, shared):
    # The shared template's points 18 and 27 are the outer corners of the eyes.
    marks = json.loads((shared / "faces" / "landmarks.json").read_text())
    errors = []
    for name, photo in photos.items():
        found = mesh.find(photo, detector.detect(photo)[0]).landmarks
        corners = np.array([marks[name][18], marks[name][27]])
        ours = found[[topology.RIGHT_EYE_CORNERS[0], topology.LEFT_EYE_CORNERS[0]]]
        errors.append(np.linalg.norm(ours - corners, axis=1) / np.linalg.norm(corners[1] - corners[0]))
    assert np.mean(errors) < 0.05


@pytest.mark.parametrize("angle", [-35, 20])
def test_landmarks_turn_and_shrink_with_the_picture(detector, mesh, photos, angle):
    photo = photos["092_neutral"]
    move = cv2.getRotationMatrix2D((256, 256), angle, 0.6)
    turned = cv2.warpAffine(photo, move, (512, 512), flags=cv2.INTER_AREA)
    expected = apply(move, mesh.find(photo, detector.detect(photo)[0]).landmarks)
    got = mesh.find(turned, detector.detect(turned)[0]).landmarks
    error = np.linalg.norm(got - expected, axis=1) / topology.interocular(expected)
    assert error.mean() < 0.04


def test_the_second_look_forgives_a_bad_first_guess(detector, mesh, photos):
    photo = photos["018_neutral"]
    good = mesh.find(photo, detector.detect(photo)[0]).landmarks
    guess = (good - good.mean(0)) * 1.15 + good.mean(0) + 8
    again = mesh.refine(photo, guess.astype(np.float32))
    error = np.linalg.norm(again.landmarks - good, axis=1) / topology.interocular(good)
    assert error.mean() < 0.04


def test_no_presence_where_there_is_no_face(mesh, detector, photos):
    photo = photos["018_neutral"]
    landmarks = mesh.find(photo, detector.detect(photo)[0]).landmarks
    empty = np.full_like(photo, photo[5, 5])
    assert mesh.refine(empty, landmarks).presence < 0.1
