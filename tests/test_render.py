"""What is pasted where, and what a folder of pictures holds."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from steadyface import render
from steadyface.aligned import Aligned
from steadyface.editing import catalogue
from steadyface.editing.edit import Edit
from steadyface.gan.base import Generator
from steadyface.render import Seams, Synthesis, continued
from steadyface.run import Run
from steadyface.stitching.settings import Stitching

SIDE = 64


@pytest.fixture
def seams(grey_clip: Callable[[Sequence[int], int], Aligned], monkeypatch: pytest.MonkeyPatch) -> Seams:
    """Two grey frames, all of them a person's, which an edit may change everywhere."""
    monkeypatch.setattr(
        render, "person_around", lambda source, frames, quads, side: np.full((2, side, side), 255, np.uint8)
    )
    clip = grey_clip([100, 100], SIDE)
    return Seams(clip, clip.person, clip.person, (), Stitching())


@pytest.mark.parametrize("goes_on", [True, False])
def test_only_what_is_meant_beyond_the_crop_goes_on_there(tmp_path: Path, seams: Seams, goes_on: bool) -> None:
    def lighter(frames) -> torch.Tensor:
        return seams.clip.inputs(frames) + 0.3

    run = Run.open(tmp_path / "run")
    found = continued(run, "key", seams, lighter, tmp_path, (0, None), goes_on=goes_on, cut_out=False)
    assert (found.beyond is not None) == goes_on
    corner = found.inputs([0])[0, :, 0, 0] - seams.clip.inputs([0])[0, :, 0, 0]
    torch.testing.assert_close(corner, torch.full((3,), 0.3 * goes_on), atol=0.01, rtol=0)


def test_a_style_ends_at_the_person_s_outline_in_each_frame(
    tmp_path: Path, seams: Seams, monkeypatch: pytest.MonkeyPatch
) -> None:
    def halves(source, frames, quads, side: int) -> np.ndarray:
        """The person is on the left in the first frame, and on the right in the second."""
        people = np.zeros((2, side, side), np.uint8)
        people[0, :, : side // 2], people[1, :, side // 2 :] = 255, 255
        return people

    monkeypatch.setattr(render, "person_around", halves)
    everywhere = replace(seams, change=np.ones((SIDE, SIDE), np.float32))
    run, unchanged = Run.open(tmp_path / "run"), seams.clip.inputs
    found = continued(run, "key", everywhere, unchanged, tmp_path, (0, None), goes_on=False, cut_out=True)
    middle, edge = SIDE // 2, 4
    for index, (person, wall) in enumerate([(slice(edge, middle - 3), slice(middle + 3, -edge))] * 2):
        person, wall = (person, wall) if index == 0 else (wall, person)
        assert found.reach(index)[:, person].min() > 0.99
        assert not found.reach(index)[-6:, wall].any()  # below the face, which is the person's in any case
        assert found.reach(index)[middle, middle - 8 : middle + 8].min() > 0.99
    assert everywhere.reach(0).min() == 1


def test_cards_of_what_ships_say_where_an_edit_ends_and_whether_it_is_hair() -> None:
    cards = [Edit.load(path).card for path in sorted(catalogue.SHIPPED.glob("*.safetensors"))]
    assert {card.name for card in cards if card.goes_on} == {"age", "gender", "head-turn"}
    assert {card.name for card in cards if card.draws_hair} == {"age", "beard", "gender"}
    assert {card.name for card in cards if card.ends_at_face} == {"beard"}


def test_fewer_frames_leave_no_old_pictures(tmp_path: Path, tiny_generator: Generator) -> None:
    run = Run.open(tmp_path)
    ws = torch.zeros(4, tiny_generator.num_ws, tiny_generator.w_dim)
    assert render.render(run, "edited", Synthesis(ws, tiny_generator), 4).count() == 4
    assert render.render(run, "edited", Synthesis(ws, tiny_generator), 2).count() == 2
