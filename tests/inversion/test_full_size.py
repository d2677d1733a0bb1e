"""A large generator that is taught what a small one has learnt, on tiny ones."""

from collections.abc import Sequence
from copy import deepcopy

import pytest
import torch
from torch import Tensor

from steadyface.clip.frames import enlarge, shrink
from steadyface.clip.synthesis import Synthesis
from steadyface.critics.lpips import Lpips
from steadyface.inversion.full_size import FullSize, teach
from steadyface.inversion.settings import FullSizeTuning

from ..conftest import Memory

COUNT, SIDE = 2, 128


@pytest.fixture(scope="module")
def lpips() -> Lpips:
    return Lpips("alex")


@pytest.fixture
def clip(tiny_generator) -> tuple[Synthesis, Synthesis]:
    """Without and with an edit, whose generator is tuned a little further."""
    ws, shift = torch.randn(COUNT, 4, 16, generator=torch.Generator().manual_seed(1)), torch.zeros(1, 4, 16)
    shift[:, 1] = 1.0
    steadied = deepcopy(tiny_generator)
    steadied.const.mul_(1.1)
    return Synthesis(ws, tiny_generator), Synthesis(ws + shift, steadied)


def test_it_learns_frames_and_the_edit_and_resumes_exactly(clip, tiny_generator, tiny_large, lpips) -> None:
    before, edited = clip
    untaught = FullSize.untaught(tiny_large, tiny_generator)
    with torch.no_grad():
        real = enlarge(before(range(COUNT)), SIDE)

    def frames(places: Sequence[int]) -> Tensor:
        return real[list(places)]

    def errors(made: FullSize) -> tuple[float, float]:
        with torch.no_grad():
            plain = made.drawn(before)(range(COUNT)) - real
            change = shrink(made.drawn(edited)(range(COUNT)), 64) - edited(range(COUNT))
        return float(plain.square().mean()), float(change.square().mean())

    settings, memory = FullSizeTuning(steps=50, learning_rate=2e-3, offset_scale=1.0), Memory()
    first = errors(untaught)
    made = teach(untaught, before, edited, frames, lpips, settings, seed=0, checkpoint=memory)
    after = errors(made)
    assert all(now < 0.6 * then for now, then in zip(after, first, strict=True))
    again = teach(FullSize.untaught(tiny_large, tiny_generator), before, edited, frames, lpips, settings, seed=0)
    assert all(torch.equal(again.own[name], value) for name, value in made.own.items())
    assert torch.equal(again.offset, made.offset)
    assert memory.kept is not None
    assert not any(parameter.requires_grad for parameter in made.own.values())


def test_untaught_it_is_the_large_generator_moved_as_the_small_one_was(clip, tiny_generator, tiny_large) -> None:
    before, edited = clip
    made = FullSize.untaught(tiny_large, tiny_generator)
    with torch.no_grad():
        codes = torch.cat([before.ws[:, :3], before.ws[:, 2:3].expand(-1, 2, -1)], dim=1)
        assert torch.equal(made.drawn(before)([0]), tiny_large.synthesis(codes[:1]))
        scaled = made.drawn(edited).generator
        torch.testing.assert_close(scaled.state_dict()["const"], 1.1 * tiny_large.const)
    assert made.drawn(before)([1]).shape == (1, 3, SIDE, SIDE)
