"""Outlines of a person are on disk, found when they are needed, and found anew under another key."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from steadyface.clip.segments import Segments
from steadyface.runtime.files import FileContent
from steadyface.stages import outlines
from steadyface.stages.align import FollowedFace
from steadyface.stages.context import StageContext
from steadyface.stages.edit_settings import Outline
from steadyface.stages.settings import networks

COUNT, WIDE = 3, 116
Masks = Iterator[np.ndarray]


@pytest.fixture
def settings(grid_clip: Path) -> Outline:
    """Of the first frames of a real clip."""
    return Outline(FileContent(grid_clip), (0, COUNT), 64, WIDE, networks("person-mask"))


@pytest.fixture
def face() -> FollowedFace:
    """In the middle of the picture."""
    corners = np.array([[100.0, 60], [100, 220], [260, 220], [260, 60]])
    return FollowedFace(np.stack([corners] * COUNT), np.zeros((COUNT, 468, 2)), Segments.whole(COUNT))


def found(context: StageContext, settings: Outline, face: FollowedFace, key: str = "a") -> outlines.FoundOutlines:
    return outlines.outlines(replace(context, key=key), settings, face)


def files(context: StageContext) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in context.run.path("state", "outlines").glob("*")}


def test_nobody_is_looked_for_until_an_outline_is_asked_for(
    context: StageContext, settings: Outline, face: FollowedFace
) -> None:
    people = found(context, settings, face)
    assert not files(context)
    assert (people[2].shape, people[2].dtype) == ((WIDE // 2, WIDE // 2), np.uint8)
    assert people[0][WIDE // 4, WIDE // 4] > 240
    assert sorted(files(context)) == ["00000.png", "00001.png", "00002.png"]


def test_they_are_kept_under_their_key_and_made_anew_under_another(
    context: StageContext, settings: Outline, face: FollowedFace, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = found(context, settings, face)[1]
    before = files(context)
    np.testing.assert_array_equal(found(context, settings, face)[1], first)
    assert files(context) == before
    monkeypatch.setattr(outlines, "person_around", lambda *_: iter(np.full((COUNT, 58, 58), 7, np.uint8)))
    np.testing.assert_array_equal(found(context, settings, face)[1], first)
    assert (found(context, settings, face, "b")[1] == 7).all()


def test_what_a_killed_run_left_is_not_taken(
    context: StageContext, settings: Outline, face: FollowedFace, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = found(context, settings, face)[1]

    def killed(*_: object) -> Masks:
        yield np.zeros((58, 58), np.uint8)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(outlines, "person_around", killed)
        with pytest.raises(KeyboardInterrupt):
            found(context, settings, face, "b")[1]
    np.testing.assert_array_equal(found(context, settings, face)[1], first)
    context.run.path("state", "outlines", "00001.png").unlink()
    np.testing.assert_array_equal(found(context, settings, face)[1], first)
