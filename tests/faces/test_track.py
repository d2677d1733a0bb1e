"""Linking is tested on scripted faces that stand-in networks return; real clips test the whole."""

from dataclasses import dataclass, field

import cv2
import numpy as np
import pytest

from steadyface.faces import topology
from steadyface.faces.detect import Detection
from steadyface.faces.mesh import MeshFace
from steadyface.faces.shots import Shot
from steadyface.faces.track import Track, bridged, find_tracks

RNG = np.random.default_rng(0)
SHAPE = RNG.uniform(-0.5, 0.5, (topology.LANDMARKS, 2)).astype(np.float32)
SHAPE[list(topology.RIGHT_EYE)] = -0.2, -0.1
SHAPE[list(topology.LEFT_EYE)] = 0.2, -0.1
SHAPE[:4] = [[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]]

Place = tuple[float, float, float]


def landmarks_at(place: Place) -> np.ndarray:
    x, y, side = place
    return (SHAPE * side + [x, y]).astype(np.float32)


@dataclass
class Script:
    """Stands in for both networks: frame t shows the faces `places[t]`, minus what the detector misses."""

    places: list[list[Place]]
    missed: set[int] = field(default_factory=set)
    lose_the_rest: bool = True

    def frames(self):
        for number in range(len(self.places)):
            frame = np.zeros((200, 300, 3), np.uint8)
            frame[0, 0, 0] = number
            yield frame

    def detect(self, image):
        number = int(image[0, 0, 0])
        if number in self.missed:
            return []
        return [
            Detection(np.array([x, y, x, y], np.float32), 1.0, np.full((6, 2), side, np.float32))
            for x, y, side in self.places[number]
        ]

    def find(self, image, detection):
        x, y = detection.box[:2]
        return MeshFace(landmarks_at((x, y, detection.keypoints[0, 0])), 1.0)

    def refine(self, image, landmarks):
        number = int(image[0, 0, 0])
        near = [p for p in self.places[number] if np.hypot(*(landmarks.mean(0) - landmarks_at(p).mean(0))) < 30]
        if self.lose_the_rest or not near:
            return MeshFace(landmarks, 0.1)
        return MeshFace(landmarks_at(near[0]), 0.9)

    def tracks(self, **options) -> list[Track]:
        return find_tracks(self.frames(), detector=self, mesh=self, **options)


def moving(total: int, start: float = 100.0, speed: float = 2.0, side: float = 60.0) -> list[list[Place]]:
    return [[(start + speed * t, 100.0, side)] for t in range(total)]


def test_one_face_is_one_track():
    (track,) = Script(moving(20)).tracks()
    assert (track.first, track.end) == (0, 20)
    assert track.seen.all()
    assert track.frame_size == (200, 300)
    assert track.size == pytest.approx(0.4 * 60)
    np.testing.assert_allclose(track.landmarks[7], landmarks_at((114, 100, 60)), atol=1e-4)


@pytest.mark.parametrize("gap", [1, 5])
def test_a_short_gap_is_bridged_by_a_straight_line(gap):
    script = Script(moving(20), missed=set(range(8, 8 + gap)))
    (track,) = script.tracks()
    assert list(np.flatnonzero(~track.seen)) == list(range(8, 8 + gap))
    for number in range(20):
        np.testing.assert_allclose(track.landmarks[number], landmarks_at((100 + 2 * number, 100, 60)), atol=1e-3)


def test_a_longer_gap_ends_the_track():
    tracks = Script(moving(20), missed=set(range(8, 14))).tracks()
    assert [(t.first, t.end) for t in tracks] == [(0, 8), (14, 20)]


def test_what_the_detector_misses_is_found_where_it_was():
    (track,) = Script(moving(20), missed=set(range(5, 18)), lose_the_rest=False).tracks()
    assert track.seen.all()
    assert track.end == 20


def test_two_people_stay_apart_whatever_the_order():
    places = []
    for t in range(20):
        pair = [(60.0 + t, 100.0, 50.0), (240.0 - t, 90.0, 60.0)]
        places.append(pair if t % 2 else pair[::-1])
    tracks = sorted(Script(places).tracks(), key=lambda t: t.landmarks[0, 0, 0])
    assert [len(t.landmarks) for t in tracks] == [20, 20]
    np.testing.assert_allclose(tracks[0].landmarks[-1], landmarks_at((79, 100, 50)), atol=1e-4)
    np.testing.assert_allclose(tracks[1].landmarks[-1], landmarks_at((221, 90, 60)), atol=1e-4)


def test_a_lost_track_doesnt_slide_onto_its_neighbour():
    places = [[(100.0, 100.0, 60.0), (125.0, 100.0, 60.0)]] * 3 + [[(125.0, 100.0, 60.0)]] * 12
    tracks = Script(places, lose_the_rest=False).tracks()
    assert sorted(len(t.landmarks) for t in tracks) in ([3, 15], [15])


def test_the_same_face_found_twice_counts_once():
    places = [[(100.0, 100.0, 60.0), (104.0, 101.0, 62.0)]] * 5
    assert len(Script(places).tracks()) == 1


def test_no_frames_no_tracks():
    assert Script([]).tracks() == []


@dataclass
class Cuts:
    """Stands in for the shot finder."""

    shots: list[Shot]
    seen: int = 0

    def push(self, frame):
        self.seen += 1

    def finish(self):
        return self.shots


def test_a_track_ends_at_a_cut_and_no_gap_is_bridged_across_it():
    cuts = Cuts([Shot(0, 8), Shot(8, 20)])
    tracks = Script(moving(20), missed={6, 7, 8, 9}).tracks(shots=cuts)
    assert cuts.seen == 20
    assert [(t.first, t.end, t.shot) for t in tracks] == [(0, 6, cuts.shots[0]), (10, 20, cuts.shots[1])]
    (whole,) = Script(moving(20)).tracks()
    assert whole.shot == Shot(0, 20)


def by_size(frame, landmarks):
    """A descriptor: how large the face is."""
    return np.array([np.ptp(landmarks[:, 0]) / 100])


def test_one_in_a_few_frames_is_described():
    calls = []
    (track,) = Script(moving(12)).tracks(describe=lambda frame, _: calls.append(int(frame[0, 0, 0])) or np.ones(3))
    assert calls == [0, 5, 10]
    np.testing.assert_array_equal(track.descriptor, np.ones(3))


def test_a_face_that_jumps_begins_another_track():
    """As where a cut within one camera position passes unnoticed: another person sits nearly there."""
    places = moving(8) + moving(8, start=140.0, side=75.0)
    tracks = Script(places).tracks(describe=by_size)
    assert [(t.first, t.end) for t in tracks] == [(0, 8), (8, 16)]
    assert tracks[1].descriptor[0] - tracks[0].descriptor[0] == pytest.approx(0.15, abs=0.01)
    assert len(Script(moving(16)).tracks(describe=by_size)) == 1


def test_faces_that_touched_begin_other_tracks_when_they_part():
    places = [[(60.0 + 6 * t, 100.0, 50.0), (240.0 - 6 * t, 100.0, 50.0)] for t in range(31)]
    for t in (14, 15, 16):  # one hides the other
        places[t] = places[t][:1]
    tracks = Script(places).tracks(describe=by_size)
    assert max(t.end for t in tracks) == 31
    after = [t for t in tracks if t.end == 31]
    assert len(after) == 2
    assert min(t.first for t in after) > 15


def test_two_tracks_of_a_face_are_bridged():
    a, b = Script(moving(20), missed=set(range(8, 14))).tracks(describe=by_size)
    whole = bridged(a, b)
    assert (whole.first, whole.end) == (0, 20)
    assert list(np.flatnonzero(~whole.seen)) == list(range(8, 14))
    for number in range(20):
        np.testing.assert_allclose(whole.landmarks[number], landmarks_at((100 + 2 * number, 100, 60)), atol=1e-3)
    np.testing.assert_allclose(whole.descriptor, a.descriptor)


def test_every_frame_of_a_real_clip_is_found(clip, detector, mesh):
    (track,) = find_tracks(iter(clip), detector=detector, mesh=mesh)
    assert track.seen.all()
    assert track.size == pytest.approx(48, abs=2)
    # Drift and jitter: a seated speaker's eyes don't move a twentieth of their distance between frames.
    eyes = topology.ffhq_points(track.landmarks)[:, :2].mean(1)
    assert np.linalg.norm(np.diff(eyes, axis=0), axis=1).max() < 0.05 * track.size


def test_a_face_that_can_no_longer_be_seen_in_a_real_clip_is_lost(clip, detector, mesh):
    gone = [cv2.blur(frame, (45, 45)) for frame in clip[10:20]]
    tracks = find_tracks([*clip[:10], *gone[:4], *clip[14:20], *gone], detector=detector, mesh=mesh)
    # Four frames are bridged, ten are not.
    assert [(t.first, t.end) for t in tracks] == [(0, 20)]
    assert list(np.flatnonzero(~tracks[0].seen)) == [10, 11, 12, 13]
