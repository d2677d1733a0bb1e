"""People of scripted tracks."""

import numpy as np
import pytest

from steadyface.errors import FaceError
from steadyface.faces.people import LEAST, SAME_PERSON, Person, choose_person, find_people, ranked
from steadyface.faces.shots import Shot
from steadyface.faces.track import MAX_GAP, Track

from .test_track import Place, landmarks_at

FILM = [Shot(0, 40), Shot(40, 80), Shot(80, 120)]
PLACE = (100.0, 100.0, 60.0)


def made(first: int, total: int, place: Place = PLACE, who: float | None = None, shot: Shot | None = None) -> Track:
    landmarks = np.stack([landmarks_at(place)] * total)
    shot = shot or next(each for each in FILM if each.first <= first < each.end)
    descriptor = None if who is None else np.array([who, 0.0])
    return Track(first, landmarks, np.ones(total, bool), (200, 300), shot, descriptor)


def spans(person: Person) -> list[tuple[int, int]]:
    return [(track.first, track.end) for track in person.tracks]


def test_one_person_is_joined_across_shots_and_gaps() -> None:
    tracks = [made(0, 15, who=0.0), made(25, 15, who=0.1), made(40, 40, who=3.0), made(80, 40, who=0.2)]
    first, second = find_people(tracks)
    assert spans(first) == [(0, 15), (25, 40), (80, 120)]
    assert spans(second) == [(40, 80)]
    assert first.frames == 70
    assert first.descriptor is not None
    assert first.descriptor[0] == pytest.approx((0.0 * 15 + 0.1 * 15 + 0.2 * 40) / 70)


def test_tracks_that_share_a_frame_are_of_different_people() -> None:
    twins = [made(0, 40, (60, 100, 60), 0.0), made(0, 40, (200, 100, 60), 0.01)]
    assert len(find_people(twins)) == 2
    assert len(find_people([*twins, made(40, 40, who=0.0)])) == 2


def test_people_who_cross_keep_their_own_tracks() -> None:
    """Each track ends where they touch; whose the later ones are, their descriptors say."""
    before = [made(0, 20, (60, 100, 60), 0.0), made(0, 20, (200, 100, 60), 1.0)]
    after = [made(22, 18, (60, 100, 60), 1.1), made(22, 18, (200, 100, 60), 0.1)]
    people = find_people([*before, *after])
    assert len(people) == 2
    for person in people:
        places = person.tracks[0].landmarks[:, :, 0].mean(1)
        assert (places[0] < 130) != (places[-1] < 130)


def test_strangers_are_not_joined() -> None:
    tracks = [made(0, 40, who=0.0), made(40, 40, who=1.02 * SAME_PERSON)]
    assert len(find_people(tracks)) == 2
    assert len(find_people([tracks[0], made(40, 40, who=0.98 * SAME_PERSON)])) == 1


def test_tracks_that_follow_each_other_closely_become_one() -> None:
    (person,) = find_people([made(0, 10, who=0.0), made(10 + MAX_GAP, 20, who=0.1)])
    assert spans(person) == [(0, 30 + MAX_GAP)]
    (person,) = find_people([made(0, 10, who=0.0), made(11 + MAX_GAP, 20, who=0.1)])
    assert len(person.tracks) == 2
    (person,) = find_people([made(30, 10, who=0.0), made(40, 20, who=0.1)])
    assert len(person.tracks) == 2  # a cut between them


def test_a_face_that_is_hardly_there_is_nobody() -> None:
    assert find_people([made(0, LEAST - 1, who=0.0)]) == []
    assert len(find_people([made(0, LEAST, who=0.0)])) == 1
    assert len(find_people([made(0, 2, shot=Shot(0, 2))])) == 1  # the whole shot
    dissolve = Shot(0, 40, fade_in=8)
    assert find_people([made(0, 8 + LEAST - 1, shot=dissolve)]) == []
    assert len(find_people([made(0, 8 + LEAST, shot=dissolve)])) == 1


def test_the_largest_face_that_stays_is_first() -> None:
    small, large, passing = made(0, 40, (150, 100, 40)), made(0, 40, (60, 100, 70)), made(5, 10, (200, 100, 120))
    assert [person.tracks[0] for person in find_people([passing, small, large])] == [large, small, passing]


def test_among_equals_the_central_one_is_first() -> None:
    side, middle = Person((made(0, 9, (50, 100, 61)),)), Person((made(0, 9, (140, 100, 60)),))
    assert ranked([side, middle]) == [middle, side]


def test_a_person_is_chosen_by_number() -> None:
    people = [Person((made(0, 9, (50, 100, 60)),)), Person((made(0, 9, (200, 100, 60)),))]
    assert choose_person(people, None, 9) is people[0]
    assert choose_person(people, 2, 9) is people[1]
    with pytest.raises(FaceError, match="no face found in any of the 75 frames"):
        choose_person([], None, 75)
    for face in (0, 3, -1):
        with pytest.raises(FaceError, match=f"no face {face}: 2 faces were found"):
            choose_person(people, face, 9)
