"""What the buttons do, without a browser and without networks."""

from collections.abc import Callable

import numpy as np
import pytest

from steadyface.app.clips import Clip
from steadyface.app.desk import Desk
from steadyface.app.faces import FoundFaces
from steadyface.app.limits import Limits
from steadyface.app.shelf import Shelf
from steadyface.app.studio import Studio, Wish
from steadyface.errors import InputError
from steadyface.faces.track import Track


@pytest.fixture
def studio(shelf: Shelf) -> Studio:
    return Studio(shelf, Desk(shelf, lambda *_: None), Limits())


@pytest.fixture
def found() -> FoundFaces:
    track = Track(0, np.zeros((4, 468, 2), np.float32), np.ones(4, bool), (48, 64))
    return FoundFaces((0, None), 4, (track,), (np.zeros((160, 160, 3), np.uint8),))


@pytest.fixture
def clip(blank: Callable[..., object], studio: Studio) -> Clip:
    return studio.take(str(blank()))


def test_an_order_is_kept_and_worked_on(studio, clip, found):
    name = studio.order(clip, found, Wish(("age", "smile"), {"age": -0.5}, "fast", 0, 3, 1))
    list(studio.desk.follow(name, every=0.01))
    ((kept, status),) = studio.earlier()
    assert (kept.name, kept.edits, kept.preset) == (name, ("age:-0.5", "smile:1"), "fast")
    assert status.state == "unfinished"  # this work leaves no files
    assert studio.result(name) is None


def test_a_finished_run_is_shown_as_browsers_play_it(studio, clip, found, blank):
    name = studio.order(clip, found, Wish(("smile",)))
    folder = studio.shelf.path(name)
    for file in ("edited.mp4", "compare.mp4"):
        blank(sound="mp2").rename(folder / file)
    for file in ("report.html", "manifest.json"):
        (folder / file).touch()
    shown = studio.result(name)
    assert (shown.download, shown.report) == (folder / "edited.mp4", folder / "report.html")
    assert (shown.edited, shown.compare) == (folder / "browser" / "edited.mp4", folder / "browser" / "compare.mp4")


@pytest.mark.parametrize(
    ("wish", "line"),
    [
        (Wish(()), "choose an edit first"),
        (Wish(("grin",)), "unknown edit"),
        (Wish(("smile",), preset="paper"), "unknown preset"),
        (Wish(("smile",), first=3, last=1), "not in the clip"),
        (Wish(("smile",), {"smile": 9.0}), "outside -3 to 3"),
    ],
)
def test_what_is_refused_leaves_no_run(studio, clip, found, wish, line):
    with pytest.raises(InputError, match=line):
        studio.order(clip, found, wish)
    assert studio.earlier() == []


def test_nothing_goes_without_a_video(studio):
    for action in (studio.order, lambda *given: studio.preview(*given, 0)):
        with pytest.raises(InputError, match="choose a video first"):
            action(None, None, Wish(("smile",)))


def test_faces_are_found_once_for_a_part(studio, clip, found):
    assert studio.faces(clip, 0, 3, found) is found
    assert studio.faces(clip, None, None, found) is found
