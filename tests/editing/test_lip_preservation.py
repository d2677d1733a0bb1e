"""Mouths that open as they did, read in the pictures that will be seen."""

import math
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from steadyface.clip.aligned import Aligned
from steadyface.clip.synthesis import Synthesis
from steadyface.editing import lip_preservation as mouths
from steadyface.editing.card import EditCard, Effect
from steadyface.editing.edit import Edit
from steadyface.editing.lip_preservation import preserve_lips, preserve_lips_in_result
from steadyface.editing.mask import composite_edit
from steadyface.editing.settings import LipPreservation, Masking
from steadyface.stitching.settings import Preservation

SIDE, FRAMES = 32, 8
HOW = LipPreservation(), Masking(), Preservation()
INPUTS = [round(60 + 30 * math.sin(index / 2)) for index in range(FRAMES)]
SMILE = Edit(
    EditCard("smile", "", effect=Effect(outline="inside", preserves_lip_opening=True)), {SIDE: torch.tensor([0.4, 0.0])}
)


class Mesh:
    """A mouth is as open as the middle of the picture is bright: .1 at white, 0 at black."""

    def find_aligned(self, image: np.ndarray) -> Any:
        return SimpleNamespace(landmarks=float(image[12:20, 12:20].mean()) / 2550)


@pytest.fixture
def clip(grey_clip: Callable[[Sequence[int], int], Aligned], monkeypatch: pytest.MonkeyPatch) -> Aligned:
    """Frames of one grey each."""
    monkeypatch.setattr(mouths, "mouth_opening", lambda read: read)
    opens = Edit(EditCard("opens", ""), {SIDE: torch.tensor([0.8, 0.0])})
    monkeypatch.setattr(mouths.catalogue, "load", lambda request: opens)
    return grey_clip(INPUTS, SIDE)


@pytest.fixture
def before() -> Synthesis:
    """An inversion that is darker than the frames, and answers less the brighter it is."""

    def synthesis(ws: torch.Tensor) -> torch.Tensor:
        return torch.tanh(ws[:, 0, 0]).view(-1, 1, 1, 1).expand(-1, 3, SIDE, SIDE)

    generator: Any = SimpleNamespace(resolution=SIDE, ws_resolutions=(SIDE,), w_dim=2, synthesis=synthesis)
    return Synthesis(torch.stack([torch.linspace(-0.9, -0.2, FRAMES), torch.zeros(FRAMES)], 1)[:, None], generator)


def seen(clip: Aligned, before: Synthesis, codes: torch.Tensor, *edits: Edit) -> torch.Tensor:
    effects = [edit.card.effect for edit in edits]
    shown = composite_edit(clip, before, Synthesis(codes, before.generator), effects, *HOW[1:])
    return 127.5 * (shown(range(FRAMES))[:, 0, 16, 16] + 1)


def test_the_mouth_that_is_seen_opens_as_the_inputs(clip: Aligned, before: Synthesis) -> None:
    untouched = seen(clip, before, SMILE(before.ws, before.generator), SMILE)
    opened = untouched - torch.tensor(INPUTS)
    held = preserve_lips([SMILE], before, clip, Mesh(), *HOW)  # type: ignore[arg-type]
    miss = (seen(clip, before, held, SMILE) - torch.tensor(INPUTS)).abs()
    assert float(miss.max()) < 2.5 < 0.05 * float(opened.max())


def test_what_an_edit_before_it_does_to_the_mouth_stays(clip: Aligned, before: Synthesis) -> None:
    surprise = Edit(EditCard("surprise", ""), {SIDE: torch.tensor([0.3, 0.0])})
    wanted = seen(clip, before, surprise(before.ws, before.generator), surprise, SMILE)
    assert float((wanted - torch.tensor(INPUTS)).abs().max()) > 10
    held = preserve_lips([surprise, SMILE], before, clip, Mesh(), *HOW)  # type: ignore[arg-type]
    assert float((seen(clip, before, held, surprise, SMILE) - wanted).abs().max()) < 2


def test_edits_that_hold_nothing_are_as_they_are(clip: Aligned, before: Synthesis) -> None:
    plain = Edit(EditCard("brighter", ""), SMILE.directions)
    held = preserve_lips([plain], before, clip, Mesh(), *HOW)  # type: ignore[arg-type]
    torch.testing.assert_close(held, plain(before.ws, before.generator))


def test_mouths_that_the_phases_closed_open_again_in_the_finished_pictures(clip: Aligned, before: Synthesis) -> None:
    """What finishes pictures draws each a little like all the others."""

    def alike(pictures: Any) -> Any:
        shown = pictures(range(FRAMES))
        return lambda frames: (0.7 * shown + 0.3 * shown.mean(0))[list(frames)]

    def miss(codes: torch.Tensor) -> torch.Tensor:
        seen = 127.5 * (alike(Synthesis(codes, before.generator))(range(FRAMES))[:, 0, 16, 16] + 1)
        return (seen - torch.tensor(INPUTS)).abs()

    held = preserve_lips([SMILE], before, clip, Mesh(), *HOW)  # type: ignore[arg-type]
    again = preserve_lips_in_result(Synthesis(held, before.generator), alike, clip.inputs, Mesh(), HOW[0])  # type: ignore[arg-type]
    assert float(miss(held).max()) > 5
    assert float(miss(again).max()) < 0.5 * float(miss(held).max())
