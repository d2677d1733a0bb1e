"""What the buttons do, without a browser and without networks."""

from collections.abc import Callable

import numpy as np
import pytest

from steadyface.app.clips import Clip
from steadyface.app.controller import Controller, Wish
from steadyface.app.job_queue import JobQueue
from steadyface.app.limits import Limits
from steadyface.app.run_store import RunStore
from steadyface.errors import InputError
from steadyface.faces.people import Person
from steadyface.faces.shots import Shot
from steadyface.faces.track import Track
from steadyface.preview.people import FoundPeople


@pytest.fixture
def controller(store: RunStore) -> Controller:
    return Controller(store, JobQueue(store, lambda *_: None), Limits())


@pytest.fixture
def found() -> FoundPeople:
    track = Track(0, np.zeros((4, 468, 2), np.float32), np.ones(4, bool), (48, 64), Shot(0, 4))
    return FoundPeople((0, None), 4, (Shot(0, 4),), (Person((track,)),), (np.zeros((160, 160, 3), np.uint8),))


@pytest.fixture
def clip(blank: Callable[..., object], controller: Controller) -> Clip:
    return controller.take(str(blank()))


def test_an_order_is_kept_and_worked_on(controller, clip, found):
    name = controller.order(clip, found, Wish(("age", "smile"), {"age": -0.5}, "fast", 0, 3, 1))
    list(controller.queue.follow(name, every=0.01))
    ((kept, status),) = controller.earlier()
    assert (kept.name, kept.edits, kept.preset) == (name, ("age:-0.5", "smile:1"), "fast")
    assert status.state == "unfinished"  # this work leaves no files
    assert controller.result(name) is None


def test_a_finished_run_is_shown_as_browsers_play_it(controller, clip, found, blank):
    name = controller.order(clip, found, Wish(("smile",)))
    folder = controller.store.path(name)
    for file in ("edited.mp4", "compare.mp4"):
        blank(sound="mp2").rename(folder / file)
    for file in ("report.html", "manifest.json"):
        (folder / file).touch()
    shown = controller.result(name)
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
def test_what_is_refused_leaves_no_run(controller, clip, found, wish, line):
    with pytest.raises(InputError, match=line):
        controller.order(clip, found, wish)
    assert controller.earlier() == []


def test_nothing_goes_without_a_video(controller):
    for action in (controller.order, lambda *given: controller.preview(*given, 0)):
        with pytest.raises(InputError, match="choose a video first"):
            action(None, None, Wish(("smile",)))


def test_faces_are_found_once_for_a_part(controller, clip, found):
    assert controller.faces(clip, 0, 3, found) is found
    assert controller.faces(clip, None, None, found) is found
