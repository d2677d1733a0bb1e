"""Linking is tested on scripted faces that stand-in networks return; real clips test the whole."""

from dataclasses import dataclass, field

import cv2
import numpy as np
import pytest

from steadyface.errors import FaceError
from steadyface.faces import topology
from steadyface.faces.detect import Detection
from steadyface.faces.mesh import MeshFace
from steadyface.faces.track import Track, choose_track, find_tracks, rank

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
    assert [(t.first, t.end) for t in Script(moving(20), missed={8, 9}).tracks(max_gap=1)] == [
        (0, 8),
        (10, 20),
    ]


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


def made(first: int, total: int, place: Place) -> Track:
    return Track(first, np.stack([landmarks_at(place)] * total), np.ones(total, bool), (200, 300))


def test_the_largest_face_that_stays_is_chosen():
    small = made(0, 30, (150, 100, 40))
    large = made(0, 30, (60, 100, 70))
    passing = made(5, 10, (200, 100, 120))
    tracks = [passing, small, large]
    assert rank(tracks, 30) == [large, small, passing]
    assert choose_track(tracks, None, 30) is large
    assert choose_track(tracks, 2, 30) is small


def test_among_equals_the_central_one_is_chosen():
    side = made(0, 9, (50, 100, 61))
    middle = made(0, 9, (140, 100, 60))
    assert choose_track([side, middle], None, 9) is middle


def test_no_face_says_how_many_frames_were_searched():
    with pytest.raises(FaceError, match="no face found in any of the 75 frames"):
        choose_track([], None, 75)


@pytest.mark.parametrize("face", [0, 3, -1])
def test_no_such_face_says_how_many_there_are(face):
    tracks = [made(0, 9, (50, 100, 60)), made(0, 9, (200, 100, 60))]
    with pytest.raises(FaceError, match=f"no face {face}: 2 faces were found"):
        choose_track(tracks, face, 9)


def test_a_lost_face_names_the_frames_and_the_best_part():
    tracks = [made(0, 20, (100, 100, 60)), made(32, 43, (100, 100, 60))]
    with pytest.raises(FaceError, match=r"lost in frames 20 to 31 of 75: pass --frames 32:75"):
        choose_track(tracks, None, 75)


def test_numbers_are_the_files_when_the_clip_starts_later():
    with pytest.raises(FaceError, match=r"lost in frames 100 to 102, 109 of 10: pass --frames 103:109"):
        choose_track([made(3, 6, (100, 100, 60))], None, 10, start=100)


def test_the_lost_frames_of_the_face_that_was_asked_for():
    tracks = [made(0, 10, (60, 100, 60)), made(4, 6, (200, 100, 50))]
    with pytest.raises(FaceError, match=r"lost in frames 0 to 3 of 10: pass --frames 4:10"):
        choose_track(tracks, 2, 10)


def test_a_jump_is_named():
    tracks = [made(0, 4, (60, 100, 60)), made(4, 6, (200, 100, 60))]
    with pytest.raises(FaceError, match=r"jumps at frame 4 .*--frames 4:10"):
        choose_track(tracks, None, 10)


def test_every_frame_of_a_real_clip_is_found(clip, detector, mesh):
    (track,) = find_tracks(iter(clip), detector=detector, mesh=mesh)
    assert choose_track([track], None, len(clip)) is track
    assert track.seen.all()
    assert track.size == pytest.approx(48, abs=2)
    # Drift and jitter: a seated speaker's eyes don't move a twentieth of their distance between frames.
    eyes = topology.ffhq_points(track.landmarks)[:, :2].mean(1)
    assert np.linalg.norm(np.diff(eyes, axis=0), axis=1).max() < 0.05 * track.size


def test_a_cut_between_real_faces_is_an_error(clip, photograph, detector, mesh):
    photo = photograph[:288, :360]
    with pytest.raises(FaceError, match=r"cut at frame 106: .*--frames 100:106 or --frames 106:"):
        find_tracks([*clip[:6], photo, photo], detector=detector, mesh=mesh, start=100)


def test_a_face_that_can_no_longer_be_seen_in_a_real_clip_is_lost(clip, detector, mesh):
    gone = [cv2.blur(frame, (45, 45)) for frame in clip[10:20]]
    tracks = find_tracks([*clip[:10], *gone[:4], *clip[14:20], *gone], detector=detector, mesh=mesh)
    # Four frames are bridged, ten are not.
    assert [(t.first, t.end) for t in tracks] == [(0, 20)]
    assert list(np.flatnonzero(~tracks[0].seen)) == [10, 11, 12, 13]
