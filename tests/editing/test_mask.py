"""What of an edit is seen in a clip."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest
import torch

from steadyface.clip.aligned import Aligned
from steadyface.clip.folder import to_tensor
from steadyface.editing.card import Effect
from steadyface.editing.mask import composite_edit, edit_mask, editable_mask, preserved_parts
from steadyface.editing.settings import Masking
from steadyface.stitching.settings import Preservation

SIDE = 64
ANY = Effect()
MASKING, PRESERVATION = Masking(), Preservation()


@pytest.fixture
def clip(grey_clip: Callable[[Sequence[int], int], Aligned]) -> Aligned:
    """Two grey frames; the person is in the left three quarters."""
    clip = grey_clip([100, 100], SIDE)
    clip.person[:, 48:] = 0
    return clip


def test_an_edit_stays_on_the_person_and_in_its_region(clip: Aligned) -> None:
    where = editable_mask(clip, MASKING, [replace(ANY, region=(0.0, 0.5, 0.0, 1.0))])[0, 0]
    assert where[10, 10] == 1
    assert where[40].max() == 0
    assert where[:, 48:].max() == 0


def test_a_whole_face_reaches_below_the_box(clip: Aligned) -> None:
    where = editable_mask(clip, MASKING, [replace(ANY, region=(0.0, 0.5, 0.0, 1.0), outline="included")])[0, 0]
    assert where[40, 32] > 0.95
    assert where[62, 32] < 0.05
    assert where[40, 2] < 0.05


def test_what_moves_the_jaw_shows_within_the_outline(clip: Aligned) -> None:
    smile, glasses = replace(ANY, outline="inside"), replace(ANY, region=(0.0, 0.3, 0.0, 1.0))
    where = edit_mask(clip, MASKING, [smile])[0, 0]
    assert where[32, 32] > 0.95
    assert where[62, 10] < 0.05
    assert editable_mask(clip, MASKING, [smile])[0, 0, 62, 10] == 1
    assert edit_mask(clip, MASKING, [smile, glasses])[0, 0, 4, 4] == 1


def test_a_beard_ends_a_little_beyond_the_outline(clip: Aligned) -> None:
    beard, smile = replace(ANY, outline="margin"), replace(ANY, outline="inside")
    where, inside = edit_mask(clip, MASKING, [beard])[0, 0], edit_mask(clip, MASKING, [smile])[0, 0]
    assert where[32, 32] > 0.95
    assert where[62, 10] < 0.05
    assert (where >= inside).all()
    assert where.sum() > 1.1 * inside.sum()


def test_eyeglasses_end_at_ears_that_every_frame_shows(clip: Aligned) -> None:
    glasses = replace(ANY, outline="ears")
    whole, masks = edit_mask(clip, MASKING, [ANY]), [edit_mask(clip, MASKING, [glasses], [i]) for i in range(len(clip))]
    expected = [whole * (1 - torch.from_numpy(clip.ears([i]))) for i in range(len(clip))]
    assert all(torch.equal(mask, one) for mask, one in zip(masks, expected, strict=True))
    assert torch.equal(edit_mask(clip, MASKING, [glasses], range(len(clip))), torch.stack(masks).amax(0))


def test_only_what_all_edits_keep_is_kept() -> None:
    frown = replace(ANY, preserved_parts=("irises",))
    glasses, age = replace(ANY, preserved_parts=("eyes",)), replace(ANY, preserved_parts=("eyes", "mouth"))
    assert preserved_parts([age]) == {"eyes", "irises", "mouth"}
    assert preserved_parts([glasses, age]) == {"eyes", "irises"}
    assert preserved_parts([age, frown]) == preserved_parts([frown]) == {"irises"}
    assert preserved_parts([age, ANY]) == frozenset()


def test_the_change_is_added_to_the_input_where_it_may_be(clip: Aligned) -> None:
    effect = replace(ANY, region=(0.0, 0.5, 0.0, 1.0))
    pictures = composite_edit(
        clip,
        lambda _: torch.zeros(1, 3, SIDE, SIDE),
        lambda _: torch.full((1, 3, SIDE, SIDE), 0.02),
        [effect],
        MASKING,
        PRESERVATION,
    )
    own = to_tensor(np.full((SIDE, SIDE, 3), 100, np.uint8))
    found = pictures([0, 1])
    assert found.shape == (2, 3, SIDE, SIDE)
    torch.testing.assert_close(found[0, :, 10, 10], own[0, :, 10, 10] + 0.02, atol=1e-3, rtol=0)
    torch.testing.assert_close(found[:, :, 40:], own.expand(2, -1, -1, -1)[:, :, 40:], atol=1e-3, rtol=0)
