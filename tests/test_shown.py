"""What of an edit is seen in a clip."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest
import torch

from steadyface.aligned import Aligned
from steadyface.editing.card import EditCard
from steadyface.frames import to_tensor
from steadyface.shown import as_shown, parts_kept, where_edits_may, where_edits_show

SIDE = 64
CARD = EditCard("x", "")


@pytest.fixture
def clip(grey_clip: Callable[[Sequence[int], int], Aligned]) -> Aligned:
    """Two grey frames; the person is in the left three quarters."""
    clip = grey_clip([100, 100], SIDE)
    clip.person[:, 48:] = 0
    return clip


def test_an_edit_stays_on_the_person_and_in_its_region(clip: Aligned) -> None:
    where = where_edits_may(clip, replace(CARD, region=(0.0, 0.5, 0.0, 1.0)))[0, 0]
    assert where[10, 10] == 1
    assert where[40].max() == 0
    assert where[:, 48:].max() == 0


def test_a_whole_face_reaches_below_the_box(clip: Aligned) -> None:
    where = where_edits_may(clip, replace(CARD, region=(0.0, 0.5, 0.0, 1.0), whole_face=True))[0, 0]
    assert where[40, 32] > 0.95
    assert where[62, 32] < 0.05
    assert where[40, 2] < 0.05


def test_what_moves_the_jaw_shows_within_the_outline(clip: Aligned) -> None:
    smile, glasses = replace(CARD, holds_mouth=True), replace(CARD, region=(0.0, 0.3, 0.0, 1.0))
    where = where_edits_show(clip, smile)[0, 0]
    assert where[32, 32] > 0.95
    assert where[62, 10] < 0.05
    assert where_edits_may(clip, smile)[0, 0, 62, 10] == 1
    assert where_edits_show(clip, smile, glasses)[0, 0, 4, 4] == 1


def test_a_beard_ends_a_little_beyond_the_outline(clip: Aligned) -> None:
    beard, smile = replace(CARD, ends_at_face=True), replace(CARD, holds_mouth=True)
    where, inside = where_edits_show(clip, beard)[0, 0], where_edits_show(clip, smile)[0, 0]
    assert where[32, 32] > 0.95
    assert where[62, 10] < 0.05
    assert (where >= inside).all()
    assert where.sum() > 1.1 * inside.sum()


def test_only_what_all_edits_keep_is_kept() -> None:
    frown = replace(CARD, keeps=("irises",))
    glasses, age = replace(CARD, keeps=("eyes",)), replace(CARD, keeps=("eyes", "mouth"))
    assert parts_kept([age]) == {"eyes", "irises", "mouth"}
    assert parts_kept([glasses, age]) == {"eyes", "irises"}
    assert parts_kept([age, frown]) == parts_kept([frown]) == {"irises"}
    assert parts_kept([age, CARD]) == frozenset()


def test_the_change_is_added_to_the_input_where_it_may_be(clip: Aligned) -> None:
    card = replace(CARD, region=(0.0, 0.5, 0.0, 1.0))
    pictures = as_shown(
        clip, lambda _: torch.zeros(1, 3, SIDE, SIDE), lambda _: torch.full((1, 3, SIDE, SIDE), 0.2), card
    )
    own = to_tensor(np.full((SIDE, SIDE, 3), 100, np.uint8))
    found = pictures([0, 1])
    assert found.shape == (2, 3, SIDE, SIDE)
    torch.testing.assert_close(found[0, :, 10, 10], own[0, :, 10, 10] + 0.2, atol=1e-3, rtol=0)
    torch.testing.assert_close(found[:, :, 40:], own.expand(2, -1, -1, -1)[:, :, 40:], atol=1e-3, rtol=0)
