import pytest
import torch
from torch import Tensor

from steadyface.editing.card import EditCard
from steadyface.editing.edit import Edit
from steadyface.editing.lip_preservation import match_opening
from steadyface.editing.settings import LipPreservation
from steadyface.gan.base import Generator

FRAMES = 12
HOW = LipPreservation()


@pytest.fixture
def opens() -> Edit:
    return Edit(EditCard("open", ""), {64: torch.eye(16)[0]})


@pytest.fixture
def codes() -> Tensor:
    return torch.randn(FRAMES, 4, 16, generator=torch.Generator().manual_seed(0))


def openings(ws: Tensor) -> Tensor:
    """A mouth that opens less and less, and isn't less than closed: read from the last row's first number."""
    return 0.2 * torch.tanh(ws[:, -1, 0].clamp_min(0))


def test_a_mouth_opens_as_it_is_wanted_to(opens: Edit, codes: Tensor, tiny_generator: Generator) -> None:
    codes[:, -1, 0] = 0.5 + 0.3 * torch.sin(torch.arange(FRAMES) / 2)
    wanted = 0.06 + 0.03 * torch.sin(torch.arange(FRAMES) / 3)
    held = match_opening(codes, wanted, opens, tiny_generator, openings, HOW)
    assert float((openings(held) - wanted).abs().max()) < 0.2 * float((openings(codes) - wanted).abs().max())


def test_a_mouth_that_opens_at_once_and_one_that_takes_a_while(
    opens: Edit, codes: Tensor, tiny_generator: Generator
) -> None:
    ease = torch.where(torch.arange(FRAMES) < FRAMES // 2, 0.6, 0.05)

    def eased(ws: Tensor) -> Tensor:
        return ease * ws[:, -1, 0].clamp_min(0)

    codes[:, -1, 0], wanted = 0.4, ease * (0.6 + 0.05 * torch.sin(torch.arange(FRAMES) / 2))
    held = match_opening(codes, wanted, opens, tiny_generator, eased, HOW)
    assert float((eased(held) - wanted).abs().max()) < 0.05 * float((eased(codes) - wanted).abs().max())


def test_nothing_else_of_the_codes_changes(opens: Edit, codes: Tensor, tiny_generator: Generator) -> None:
    moved = match_opening(codes, openings(codes) + 0.05, opens, tiny_generator, openings, HOW) - codes
    assert float(moved.abs().max()) > 0.1
    moved[:, -1, 0] = 0
    assert float(moved.abs().max()) < 1e-6


def test_what_is_right_stays(opens: Edit, codes: Tensor, tiny_generator: Generator) -> None:
    torch.testing.assert_close(match_opening(codes, openings(codes), opens, tiny_generator, openings, HOW), codes)


def test_what_cant_be_reached_ends_in_bounds(opens: Edit, codes: Tensor, tiny_generator: Generator) -> None:
    held = match_opening(codes, torch.full((FRAMES,), 9.0), opens, tiny_generator, openings, HOW)
    assert float((held - codes).abs().max()) == pytest.approx(HOW.most, rel=1e-4)
