"""Sketches with the tiny generator."""

from pathlib import Path

import numpy as np
import pytest
import torch

from steadyface.clip.folder import FrameFolder
from steadyface.critics.lpips import Lpips
from steadyface.editing.card import EditCard
from steadyface.editing.edit import Edit
from steadyface.faces.align import crop
from steadyface.gan.base import Generator
from steadyface.preview.settings import Sketching
from steadyface.preview.sketch import Image, Sketch, cut_out, edited, explained, fit

SIDE = 64
CORNERS = np.array([[100.0, 60], [100, 220], [260, 220], [260, 60]])


@pytest.fixture
def frame() -> Image:
    """A frame of noise, (240, 320, 3)."""
    return np.random.default_rng(0).integers(0, 256, (240, 320, 3), dtype=np.uint8)


def sketch(
    frame: Image, generator: Generator, folder: Path, steps: int = 2, known: Sketch | None = None
) -> tuple[Sketch, float]:
    """A sketch of the frame, and how far its code was moved."""
    angle = np.arange(468) * 2 * np.pi / 468
    points = CORNERS.mean(0) + 50 * np.stack([np.cos(angle), np.sin(angle)], -1)
    one = cut_out(frame, CORNERS, points, FrameFolder(folder), SIDE)
    guess = generator.w_mean.expand(1, -1)
    made = fit(frame, one, guess, generator, Lpips("alex"), Sketching(steps), known)
    return made, float((made.ws - made.start).abs().max())


def test_a_frame_is_cut_out_as_a_clip_of_one(frame: Image, tiny_generator: Generator, tmp_path: Path) -> None:
    made, _ = sketch(frame, tiny_generator, tmp_path)
    assert len(made.one) == 1
    np.testing.assert_array_equal(made.one.inputs.image(0), crop(frame, CORNERS, SIDE))
    np.testing.assert_allclose(made.one.landmarks[0].mean(0), SIDE / 2 - 0.5, atol=0.5)


def test_its_code_is_refined_from_the_guess_or_from_another_frame_s(
    frame: Image, tiny_generator: Generator, tmp_path: Path
) -> None:
    assert sketch(frame, tiny_generator, tmp_path, 0)[1] == 0
    first, moved = sketch(frame, tiny_generator, tmp_path)
    assert moved > 0.001
    again, further = sketch(frame, tiny_generator, tmp_path, 0, first)
    assert further == pytest.approx(moved)
    assert torch.equal(again.start, first.start)


def test_an_edit_of_nothing_changes_nothing_but_the_label(
    frame: Image, tiny_generator: Generator, tmp_path: Path
) -> None:
    made, _ = sketch(frame, tiny_generator, tmp_path)
    card = EditCard("any", "any", "")
    seen = edited(made, [Edit(card, {8: torch.zeros(16)})], [], tiny_generator)
    assert (seen[-1, -1] != frame[-1, -1]).any()
    np.testing.assert_array_equal(seen[:200], frame[:200])


def test_a_change_is_lent_where_the_inversion_is_close() -> None:
    real = torch.zeros(1, 3, 64, 64)
    plain = real.clone()
    plain[..., 32:] = 0.5
    trust = explained(real, plain)
    assert trust.shape == (1, 1, 64, 64)
    assert trust[..., 8:24].min() == 1
    assert trust[..., 40:56].max() == 0
