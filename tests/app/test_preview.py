"""A preview on a real frame."""

import numpy as np
import pytest

from steadyface.app.clips import take
from steadyface.app.limits import Limits
from steadyface.app.preview import Effort, Previewer
from steadyface.editing.catalogue import Request
from steadyface.errors import InputError
from steadyface.preview.people import people_of


@pytest.fixture(scope="module")
def previewer():
    return Previewer(Effort(first=2, later=1))


def difference(made):
    return np.abs(made.after.astype(int) - made.before.astype(int)).mean(2)


def test_the_edit_shows_where_it_may_and_nowhere_else(talking, previewer):
    clip = take(talking(3), Limits())
    found = people_of(clip.path)
    made = previewer.show(clip, found, 1, 1, [Request("eyeglasses")])
    assert made.before.shape == made.after.shape == (clip.height, clip.width, 3)
    changed = difference(made)
    assert changed[-20:, -70:].max() > 100  # the word in the corner
    changed[-20:, -70:] = 0
    points = found.people[0].tracks[0].landmarks[1]
    left, top = points.min(0).astype(int)
    right, bottom = points.max(0).astype(int)
    eyes = changed[top : (top + bottom) // 2, left:right]
    mouth = changed[bottom - (bottom - top) // 5 : bottom, left:right]
    assert eyes.mean() > 3
    assert mouth.max() == 0
    assert changed[: top // 2].max() == 0

    weaker = previewer.show(clip, found, 1, 1, [Request("eyeglasses", 0.4)])
    assert difference(weaker)[top : (top + bottom) // 2, left:right].mean() < 0.8 * eyes.mean()
    again = previewer.show(clip, found, 1, 1, [Request("eyeglasses")])
    np.testing.assert_array_equal(again.after, made.after)


def test_another_frame_and_several_edits(talking, previewer):
    clip = take(talking(3), Limits())
    found = people_of(clip.path, (1, 3))
    smiling = previewer.show(clip, found, 1, 2, [Request("smile")])
    both = previewer.show(clip, found, 1, 2, [Request("smile"), Request("age")])
    assert difference(both).mean() > difference(smiling).mean() > 0
    with pytest.raises(InputError, match="not in frame 0"):
        previewer.show(clip, found, 1, 0, [Request("smile")])
