"""Strength and lips on the keyframes, and what follows for all frames."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from steadyface.clip.aligned import Aligned
from steadyface.clip.synthesis import Synthesis
from steadyface.config.job import Job
from steadyface.config.presets import PRESETS
from steadyface.editing.card import EditCard, Effect
from steadyface.editing.edit import Edit
from steadyface.gan.base import Generator
from steadyface.inversion.keyframes import Poses
from steadyface.stages import edit as stage
from steadyface.stages.context import StageContext
from steadyface.stages.edit import already_worn
from steadyface.stages.edit_settings import Edit as Settings

COUNT, SIDE, KEYS = 6, 64, [0, 2, 5]
SMILE = Edit(EditCard("smile", "", effect=Effect(preserves_lip_opening=True)), {SIDE: torch.full((16,), 0.1)})


def test_a_line_for_each_edit_that_was_left_out() -> None:
    beard = Edit(EditCard("beard", ""), {})
    (line,) = already_worn([SMILE, beard], [1.1, 0.0])
    assert line.startswith("beard: ")
    assert already_worn([SMILE, beard], [0.7, 1.0]) == ()


@pytest.fixture
def edited(
    grey_clip: Callable[[Sequence[int], int], Aligned],
    tiny_generator: Generator,
    context: StageContext,
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[[Edit], tuple[Tensor, Tensor]]:
    """The codes before and after, in a clip whose face moves evenly; lips are corrected by how far it has moved."""
    clip = grey_clip(range(0, 6 * COUNT, 6), SIDE)
    moves = np.linspace(-1.0, 1.0, COUNT)[:, None]
    seen: list[int] = []

    def preserve(edits: Sequence[Edit], before: Synthesis, part: Aligned, *_: object) -> Tensor:
        seen.extend(int(part.inputs.image(index)[0, 0, 0]) for index in range(len(part)))
        plain = edits[0](before.ws, before.generator)
        return plain + torch.from_numpy(moves[KEYS]).to(plain)[:, :, None]

    monkeypatch.setattr(stage, "preserve_lips", preserve)
    monkeypatch.setattr(stage.FaceMesh, "load", lambda: None)
    before = Synthesis(torch.zeros(COUNT, tiny_generator.num_ws, 16), tiny_generator)
    settings = Settings.of(Job(Path("x.mp4"), ()), PRESETS["default"])
    settings = replace(settings, lips=replace(settings.lips, ridge=0.0))

    def made(edit: Edit) -> tuple[Tensor, Tensor]:
        monkeypatch.setattr(stage, "code_edits", lambda *_: [edit])
        found = stage.apply(context, settings, before, (1.0,), clip, Poses(moves, KEYS, KEYS)).ws
        if edit.card.effect.preserves_lip_opening:
            assert seen == [0, 12, 30]  # the keyframes' pictures
        return edit(before.ws, tiny_generator), found

    return made


def test_lips_are_corrected_in_all_frames_as_the_keyframes_ask(edited: Callable[[Edit], tuple[Tensor, Tensor]]) -> None:
    plain, found = edited(SMILE)
    wanted = torch.linspace(-1.0, 1.0, COUNT).view(-1, 1, 1).expand_as(plain)
    torch.testing.assert_close(found - plain, wanted, atol=1e-5, rtol=0)


def test_an_edit_that_holds_no_lips_is_applied_as_it_is(edited: Callable[[Edit], tuple[Tensor, Tensor]]) -> None:
    plain, found = edited(Edit(EditCard("beard", ""), SMILE.directions))
    assert torch.equal(found, plain)
