"""What goes on of an edit beyond the crop, and where a style ends."""

from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from steadyface.clip.aligned import Aligned
from steadyface.editing import catalogue
from steadyface.editing.card import Effect
from steadyface.editing.settings import Masking
from steadyface.stages import compose
from steadyface.stages.context import StageContext
from steadyface.stages.edit_settings import Compose
from steadyface.stages.kept import KEPT
from steadyface.stitching.compositor import Compositor
from steadyface.stitching.settings import Compositing

SIDE = 64


EVERYWHERE = np.full((2, SIDE, SIDE), 255, np.uint8)
"""Outlines of a person who is all of two frames."""


@pytest.fixture
def clip(grey_clip: Callable[[Sequence[int], int], Aligned]) -> Aligned:
    """Two grey frames."""
    return grey_clip([100, 100], SIDE)


def composed(
    context: StageContext,
    clip: Aligned,
    added: float,
    effect: Effect,
    people: np.ndarray = EVERYWHERE,
    *,
    cut_out: bool,
) -> Compositor:
    """Of an edit that adds so much everywhere, through what a run keeps of it."""

    def lighter(frames: Sequence[int]) -> torch.Tensor:
        return clip.inputs(frames) + added

    settings = Compose((effect,), cut_out, Masking(), Compositing())
    inputs: Any = lighter, lighter, clip.inputs, clip, people
    kept = KEPT["compositor"]
    arrays = compose.compose(context, settings, *inputs)
    found = kept.unpack(kept.pack(arrays, context, *inputs), context, settings, *inputs)
    assert isinstance(found, Compositor)
    return found


@pytest.mark.parametrize("top", [0.0, 0.01])
def test_only_what_is_meant_beyond_the_crop_goes_on_there(context: StageContext, clip: Aligned, top: float) -> None:
    found = composed(context, clip, 0.3, Effect(region=(top, 1.0, 0.0, 1.0)), cut_out=False)
    extends = top == 0
    assert (found.extension is not None) == extends
    corner = found.inputs([0])[0, :, -1, 0] - clip.inputs([0])[0, :, -1, 0]
    torch.testing.assert_close(corner, torch.full((3,), 0.3 * extends), atol=0.01, rtol=0)


def test_a_style_ends_at_the_person_s_outline_in_each_frame(context: StageContext, clip: Aligned) -> None:
    halves = np.zeros_like(EVERYWHERE)  # on the left in the first frame, and on the right in the second
    halves[0, :, : SIDE // 2], halves[1, :, SIDE // 2 :] = 255, 255
    found = composed(context, clip, 0.3, Effect(), halves, cut_out=True)
    middle, edge = SIDE // 2, 4
    for index, (person, wall) in enumerate([(slice(edge, middle - 3), slice(middle + 3, -edge))] * 2):
        person, wall = (person, wall) if index == 0 else (wall, person)
        assert found.extent(index)[:, person].min() > 0.99
        assert not found.extent(index)[-6:, wall].any()  # below the face, which is the person's in any case
        assert found.extent(index)[middle, middle - 8 : middle + 8].min() > 0.99
    assert found.extent(0)[-6:, middle].min() > 0.5  # and a pixel beyond it, so that no line of the outline stays
    assert composed(context, clip, 0.3, Effect(), halves, cut_out=False).extent(0).min() == 1


class NotLookedAt:
    """Outlines that nobody may ask for."""

    def __getitem__(self, index: int) -> np.ndarray:
        pytest.fail("looked at")


def test_where_the_generators_picture_stays_nothing_is_looked_at_beyond_the_crop(
    context: StageContext, clip: Aligned
) -> None:
    settings = SimpleNamespace(
        effects=(Effect(),), cut_out=False, masking=Masking(), compositing=Compositing("generated")
    )
    made = compose.compose(context, settings, clip.inputs, clip.inputs, clip.inputs, clip, NotLookedAt())  # type: ignore[arg-type]
    assert made.keys() == {"change", "where"}


def test_cards_of_what_ships_say_where_an_edit_ends() -> None:
    cards = [catalogue.read_card(path) for path in sorted(catalogue.SHIPPED.glob("*.safetensors"))]
    assert {card.name for card in cards if card.effect.extends_past_crop} == {"age", "gender", "head-turn"}
    assert {card.name for card in cards if card.effect.outline == "margin"} == {"beard"}
    assert {card.name for card in cards if card.effect.outline == "ears"} == {"eyeglasses"}
