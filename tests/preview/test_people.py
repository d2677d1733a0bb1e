"""People of a clip by number."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from steadyface.errors import FaceError
from steadyface.faces.people import Person
from steadyface.faces.shots import Shot
from steadyface.faces.track import Track
from steadyface.preview.people import FoundPeople, people_of
from steadyface.video.info import probe
from steadyface.video.reader import read_frames
from steadyface.video.writer import write_video


def test_the_speaker_is_found_in_a_part_of_the_clip(grid_clip: Path):
    told = []
    found = people_of(grid_clip, (1, 3), lambda done, total: told.append((done, total)))
    assert (found.frames, found.total, found.captions()) == ((1, 3), 2, ["face 1"])
    assert found.shots == (Shot(0, 2),)
    assert found.spans(1) == [(1, 2)]
    assert found.pictures[0].shape == (160, 160, 3)
    assert found.pictures[0].std() > 20
    assert told == [(1, 2), (2, 2)]


def test_no_face(grid_clip: Path, tmp_path: Path):
    blank = (replace(frame, image=np.full_like(frame.image, 90)) for frame in read_frames(grid_clip, 0, 4))
    write_video(tmp_path / "blank.mp4", blank, probe(grid_clip))
    with pytest.raises(FaceError, match="no face found in any of the 4 frames"):
        people_of(tmp_path / "blank.mp4")


def test_how_long_each_is_there_is_said():
    def track(first: int, count: int) -> Track:
        return Track(first, np.zeros((count, 468, 2), np.float32), np.ones(count, bool), (48, 64), Shot(0, 10))

    pictures = (np.zeros((160, 160, 3), np.uint8),) * 2
    people = (Person((track(0, 10),)), Person((track(0, 2), track(5, 3))))
    found = FoundPeople((10, 20), 10, (Shot(0, 10),), people, pictures)
    assert found.captions() == ["face 1", "face 2, in 5 of 10 frames"]
    assert found.spans(2) == [(10, 11), (15, 17)]
    assert found.sheet().shape == (160, 320, 3)
    with pytest.raises(FaceError, match="no face 3: 2 found"):
        found.person(3)
