"""Faces of a clip by number."""

import numpy as np
import pytest

from steadyface.app.clips import take
from steadyface.app.controller import refuse_passing
from steadyface.app.faces import FoundFaces, find_faces
from steadyface.app.limits import Limits
from steadyface.errors import FaceError
from steadyface.faces.track import Track


def test_the_speaker_is_found_in_a_part_of_the_clip(talking):
    clip, told = take(talking(4), Limits()), []
    found = find_faces(clip, (1, 3), lambda done, total: told.append((done, total)))
    assert (found.frames, found.total, found.captions()) == ((1, 3), 2, ["face 1"])
    assert found.pictures[0].shape == (160, 160, 3)
    assert found.pictures[0].std() > 20
    assert told == [(1, 2), (2, 2)]


def test_no_face(blank):
    with pytest.raises(FaceError, match="no face found in any of the 4 frames"):
        find_faces(take(blank(), Limits()), (0, None))


def test_a_passer_by_is_refused_before_the_run():
    def track(first: int, count: int) -> Track:
        return Track(first, np.zeros((count, 468, 2), np.float32), np.ones(count, bool), (48, 64))

    picture = np.zeros((160, 160, 3), np.uint8)
    found = FoundFaces((10, 20), 10, (track(0, 10), track(2, 5)), (picture, picture))
    assert found.captions() == ["face 1", "face 2, not in all frames"]
    refuse_passing(found, 1)
    with pytest.raises(FaceError, match="choose frames 12 to 16"):
        refuse_passing(found, 2)
    with pytest.raises(FaceError, match="no face 3"):
        refuse_passing(found, 3)
