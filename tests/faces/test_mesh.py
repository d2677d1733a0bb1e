import cv2
import numpy as np
import pytest

from steadyface.faces import topology
from steadyface.faces.resample import apply


def test_eyes_are_where_they_were_marked(detector, mesh, photograph, marks):
    found = mesh.find(photograph, detector.detect(photograph)[0])
    assert found.presence > 0.99
    pupils, eyes = marks[:2], topology.ffhq_points(found.landmarks)[:2]
    apart = np.linalg.norm(pupils[1] - pupils[0])
    assert abs(topology.interocular(found.landmarks) / apart - 1) < 0.04
    assert np.linalg.norm(eyes.mean(0) - pupils.mean(0)) / apart < 0.03


def test_corners_of_the_eyes_are_where_they_were_marked(detector, mesh, photograph, marks):
    found = mesh.find(photograph, detector.detect(photograph)[0]).landmarks
    corners = marks[[18, 27]]  # the outer ones
    ours = found[[topology.RIGHT_EYE_CORNERS[0], topology.LEFT_EYE_CORNERS[0]]]
    assert np.linalg.norm(ours - corners, axis=1).mean() / np.linalg.norm(corners[1] - corners[0]) < 0.05


@pytest.mark.parametrize("angle", [-35, 20])
def test_landmarks_turn_and_shrink_with_the_picture(detector, mesh, photograph, angle):
    move = cv2.getRotationMatrix2D((256, 256), angle, 0.6)
    turned = cv2.warpAffine(photograph, move, (512, 512), flags=cv2.INTER_AREA)
    expected = apply(move, mesh.find(photograph, detector.detect(photograph)[0]).landmarks)
    got = mesh.find(turned, detector.detect(turned)[0]).landmarks
    error = np.linalg.norm(got - expected, axis=1) / topology.interocular(expected)
    assert error.mean() < 0.04


def test_the_second_look_forgives_a_bad_first_guess(detector, mesh, photograph):
    good = mesh.find(photograph, detector.detect(photograph)[0]).landmarks
    guess = (good - good.mean(0)) * 1.15 + good.mean(0) + 8
    again = mesh.refine(photograph, guess.astype(np.float32))
    error = np.linalg.norm(again.landmarks - good, axis=1) / topology.interocular(good)
    assert error.mean() < 0.04


def test_no_presence_where_there_is_no_face(mesh, detector, photograph):
    landmarks = mesh.find(photograph, detector.detect(photograph)[0]).landmarks
    empty = np.full_like(photograph, photograph[5, 5])
    assert mesh.refine(empty, landmarks).presence < 0.1
