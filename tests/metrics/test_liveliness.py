"""Motion that follows, fades, freezes; and the measurement on real faces."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steadyface.errors import InputError
from steadyface.faces import topology
from steadyface.faces.align import crop, quads
from steadyface.faces.eyes import EyeFinder
from steadyface.faces.mesh import FaceMesh
from steadyface.faces.settings import Alignment
from steadyface.faces.smooth import smooth
from steadyface.faces.track import find_tracks
from steadyface.metrics.liveliness import FLOORS, blinks, blinks_kept, face_signals, follow, liveliness, spread
from steadyface.video.reader import read_frames

SPEECH = 0.1 + 0.05 * np.sin(np.arange(75) * 0.7) * np.cos(np.arange(75) * 0.11)


@given(scale=st.floats(0.1, 3), shift=st.floats(-1, 1))
def test_amplitude_is_the_scale_and_correlation_stays(scale, shift):
    motion = follow(scale * SPEECH + shift, SPEECH, FLOORS["mouth"])
    assert motion.correlation == pytest.approx(1)
    assert motion.amplitude == pytest.approx(scale)


def test_a_mirrored_motion_and_an_unrelated_one():
    assert follow(-SPEECH, SPEECH, 0.01).correlation == pytest.approx(-1)
    quarter = np.sin(np.arange(80) * np.pi / 10)
    assert follow(np.cos(np.arange(80) * np.pi / 10), quarter, 0.01).correlation == pytest.approx(0, abs=1e-12)


def test_correlation_is_pearsons():
    other = SPEECH + np.random.default_rng(0).normal(0, 0.03, 75)
    assert follow(other, SPEECH, 0.0).correlation == pytest.approx(np.corrcoef(other, SPEECH)[0, 1])


def test_a_frozen_face_follows_nothing():
    motion = follow(np.full(75, 0.1), SPEECH, 0.01)
    assert motion.correlation == 0
    assert motion.amplitude == pytest.approx(0, abs=1e-12)


def test_an_input_that_does_not_move_says_nothing():
    jitter = np.random.default_rng(0).normal(0.13, 0.001, 75)
    assert follow(SPEECH, jitter, FLOORS["eyes"]) is None


def test_frames_without_a_face_are_left_out():
    holes = 0.5 * SPEECH
    holes[[3, 40, 74]] = np.nan
    motion = follow(holes, SPEECH, 0.01)
    assert motion.correlation == pytest.approx(1)
    assert motion.amplitude == pytest.approx(0.5, rel=1e-3)
    holes[:60] = np.nan
    assert follow(holes, SPEECH, 0.01) is None


def test_one_wild_frame_is_no_motion():
    still = np.full(200, 0.1)
    still[50] = 5.0
    assert spread(still) == pytest.approx(0, abs=1e-12)
    assert still.std() > 0.3
    assert follow(np.tile(SPEECH, 3)[:200], still, FLOORS["mouth"]) is None


def test_signals_of_different_length_are_refused():
    with pytest.raises(InputError, match="74 and 75 frames"):
        follow(SPEECH[:74], SPEECH, 0.01)


def blinking(*at: int, depth: float = 0.75) -> np.ndarray:
    eyes = 0.3 + np.random.default_rng(2).normal(0, 0.002, 300)
    for start in at:
        eyes[start : start + 4] *= 1 - depth * np.array([0.6, 1.0, 1.0, 0.6])
    return eyes


def test_blinks_are_found():
    assert [blink.start for blink in blinks(blinking(50, 200))] == [50, 200]
    assert blinks(blinking()) == []
    assert blinks(np.full(5, np.nan)) == []


def test_blinks_kept_and_lost():
    inputs = blinking(50, 200)
    assert blinks_kept(inputs, inputs) == (2, 2)
    assert blinks_kept(blinking(200), inputs) == (1, 2)
    assert blinks_kept(blinking(51, 199, depth=0.55), inputs) == (2, 2)
    assert blinks_kept(blinking(50, 200, depth=0.25), inputs) == (0, 2)
    assert blinks_kept(blinking(100), blinking()) == (0, 0)


@pytest.fixture(scope="module")
def speaker(grid_clip):
    """Crops of a speaker, the whole frames, and the landmarks found in them."""
    frames = [frame.image for frame in read_frames(grid_clip, 20, 50)]
    (track,) = find_tracks(frames)
    corners = quads(track.landmarks, Alignment())
    return [crop(frame, c, 256) for frame, c in zip(frames, corners, strict=True)], frames, track.landmarks


def test_crops_are_measured_like_whole_frames(speaker):
    crops, frames, landmarks = speaker
    signals = face_signals(crops, FaceMesh.load(), EyeFinder.load())
    mouth = topology.mouth_opening(landmarks)
    assert np.corrcoef(signals["mouth"], mouth)[0, 1] > 0.98
    assert np.abs(signals["mouth"] - mouth).mean() < 0.01
    finder = EyeFinder.load()
    eyes = [finder.find(frame, points).opening().mean() for frame, points in zip(frames, landmarks, strict=True)]
    assert np.abs(signals["eyes"] - eyes).mean() < 0.015
    assert np.corrcoef(signals["yaw"], smooth(topology.head_yaw(landmarks), 1.5))[0, 1] > 0.95


def test_a_frozen_clip_of_a_speaker_is_dead(speaker):
    crops, *_ = speaker
    finders = FaceMesh.load(), EyeFinder.load()
    inputs = face_signals(crops, *finders)
    frozen = liveliness(face_signals([crops[0]] * len(crops), *finders), inputs)
    alive = liveliness(inputs, inputs)
    assert frozen["mouth"].amplitude == pytest.approx(0, abs=1e-6)
    assert alive["mouth"].correlation == pytest.approx(1)
    assert alive["mouth"].amplitude == 1


def test_without_a_face_nothing_is_measured():
    signals = face_signals([np.full((128, 128, 3), 128, np.uint8)] * 3, FaceMesh.load(), EyeFinder.load())
    assert all(np.isnan(signal).all() for signal in signals.values())
