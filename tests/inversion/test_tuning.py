from copy import deepcopy

import pytest
import torch

from steadyface.clip.layer import with_change
from steadyface.critics.lpips import Lpips
from steadyface.gan.base import Generator
from steadyface.inversion.settings import PivotalTuning
from steadyface.inversion.tuning import EditConstraint, tune_generator


def nothing(_place: int) -> torch.Tensor:
    """No part that an edit must leave alone."""
    return torch.zeros(1, 1, 64, 64)


@pytest.fixture(scope="module")
def lpips() -> Lpips:
    return Lpips("alex")


def test_tuning_reproduces_frames_and_keeps_the_edit(tiny_generator: Generator, lpips: Lpips) -> None:
    torch.manual_seed(1)
    ws = torch.randn(2, 4, 16)
    shift = torch.zeros(1, 4, 16)
    shift[:, 1] = 1.5
    with torch.no_grad():
        before = tiny_generator.synthesis(ws)
        frames = (0.7 * before + 0.1).clamp(-1, 1)
        wanted = tiny_generator.synthesis(ws + shift) - before

    def run(edit_weight: float) -> tuple[float, float]:
        settings = PivotalTuning(
            epochs=0,
            least_steps=60,
            learning_rate=3e-3,
            edit_every=1,
            edit_strengths=(1.0, 1.0),
            edit_weight=edit_weight,
            local_weight=0.01,
        )
        tuned = tune_generator(
            tiny_generator,
            ws,
            lambda i: frames[list(i)],
            [EditConstraint(lambda w, strength: w + strength * shift, torch.ones(1, 1, 64, 64), nothing)],
            lpips,
            settings,
            seed=0,
        )
        with torch.no_grad():
            after = tuned.synthesis(ws)
            change = tuned.synthesis(ws + shift) - after
        assert all(
            torch.equal(a, b)
            for a, b in zip(tuned.mapping.parameters(), tiny_generator.mapping.parameters(), strict=True)
        )
        return float((after - frames).square().mean()), float((change - wanted).square().mean())

    start = float((before - frames).square().mean())
    plain, kept = run(0.0), run(1.0)
    assert plain[0] < 0.3 * start
    assert kept[0] < 0.5 * start
    assert kept[1] < plain[1]


def test_tuning_goes_on_from_a_start_towards_what_the_edit_does_to_the_generator_as_it_was(
    tiny_generator: Generator, lpips: Lpips
) -> None:
    torch.manual_seed(2)
    ws, shift = torch.randn(1, 4, 16), torch.zeros(1, 4, 16)
    shift[:, 1] = 1.5
    start = deepcopy(tiny_generator)
    for parameter in start.layers.parameters():
        parameter.mul_(0.7)
    with torch.no_grad():
        frames, plain, edited = (
            generator.synthesis(codes)
            for generator, codes in ((start, ws), (tiny_generator, ws), (tiny_generator, ws + shift))
        )
        wanted = with_change(frames, plain, edited, torch.ones(1, 1, 64, 64))

    def left(generator: Generator) -> float:
        with torch.no_grad():
            return float((generator.synthesis(ws + shift) - wanted).square().mean())

    alive = EditConstraint(lambda w, strength: w + strength * shift, torch.ones(1, 1, 64, 64), nothing)
    given = {key: value.clone() for key, value in start.state_dict().items()}
    settings = PivotalTuning(epochs=0, least_steps=60, learning_rate=3e-3, edit_every=1, edit_strengths=(1.0, 1.0))
    tuned = tune_generator(tiny_generator, ws, lambda i: frames[list(i)], [alive], lpips, settings, seed=0, start=start)
    assert left(tuned) < 0.5 * left(start)
    assert all(torch.equal(value, given[key]) for key, value in start.state_dict().items())


def test_a_preserved_part_is_taught_as_it_is_in_the_frame(tiny_generator: Generator, lpips: Lpips) -> None:
    torch.manual_seed(3)
    ws, shift = torch.randn(2, 4, 16), torch.zeros(1, 4, 16)
    shift[:, 1] = 1.5
    with torch.no_grad():
        frames = tiny_generator.synthesis(ws)
    half = torch.zeros(1, 1, 64, 64)
    half[..., 32:] = 1.0
    settings = PivotalTuning(epochs=0, least_steps=80, learning_rate=3e-3, edit_every=1, edit_strengths=(1.0, 1.0))

    def left(preserved: torch.Tensor) -> tuple[float, float]:
        constraint = EditConstraint(
            lambda w, strength: w + strength * shift, torch.ones(1, 1, 64, 64), lambda place: preserved
        )
        tuned = tune_generator(tiny_generator, ws, lambda i: frames[list(i)], [constraint], lpips, settings, seed=0)
        with torch.no_grad():
            change = (tuned.synthesis(ws + shift) - frames).square()
        return float(change[..., :28].mean()), float(change[..., 36:].mean())

    free, held = left(torch.zeros(1, 1, 64, 64)), left(half)
    assert held[1] < 0.3 * free[1]
    assert held[0] > 0.5 * free[0]
