"""The optimisation loop: Adam's own steps, seeds, resuming, what it may and may not touch."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from steadyface.runtime.optimise import (
    DivergedError,
    Progress,
    counted,
    optimise,
    ramp,
    shuffled_index,
    step_rng,
)


def noisy_bowl(x: Tensor, y: Tensor):
    def losses_at(step: int) -> dict[str, Tensor]:
        target = torch.from_numpy(step_rng(3, step).standard_normal(x.shape)).to(x)
        return {"x": (x - target).square().sum(), "y": (y - 1).square().sum()}

    return losses_at


def test_equals_torch_adam_with_the_same_rates():
    x, y = torch.zeros(4, requires_grad=True), torch.zeros(2, requires_grad=True)
    x2, y2 = torch.zeros(4, requires_grad=True), torch.zeros(2, requires_grad=True)
    optimise("test", noisy_bowl(x, y), {"x": x, "y": y}, steps=20, learning_rate=lambda step: 0.1 / (1 + step))
    adam, losses_at = torch.optim.Adam([x2, y2]), noisy_bowl(x2, y2)
    for step in range(20):
        adam.param_groups[0]["lr"] = 0.1 / (1 + step)
        adam.zero_grad()
        sum(losses_at(step).values()).backward()
        adam.step()
    assert torch.equal(x, x2)
    assert torch.equal(y, y2)
    assert not torch.equal(x, torch.zeros(4))


def test_finds_the_minimum_and_tells_of_every_step():
    x = torch.tensor([3.0], requires_grad=True)
    seen = []
    optimise(
        "bowl", lambda _: {"far": (x - 1).square().sum()}, {"x": x}, steps=200, learning_rate=0.1, watch=seen.append
    )
    assert x.item() == pytest.approx(1.0, abs=1e-2)
    assert [progress.step for progress in seen] == list(range(1, 201))
    assert (seen[0].stage, seen[0].steps) == ("bowl", 200)
    assert seen[0].losses == {"far": 4.0}


def test_only_the_named_parameters_change():
    x, other, unused = (torch.ones(2, requires_grad=True) for _ in range(3))
    optimise("test", lambda _: {"l": (x * other).sum()}, {"x": x, "unused": unused}, steps=2, learning_rate=0.1)
    assert torch.equal(other, torch.ones(2))
    assert other.grad is None
    assert x.grad is None
    assert torch.equal(unused, torch.ones(2))
    assert not torch.equal(x, torch.ones(2))


def test_goes_on_exactly_where_it_was_stopped(memory):
    def fresh():
        return torch.zeros(4, requires_grad=True), torch.zeros(2, requires_grad=True)

    def stop_at_nine(progress):
        if progress.step == 9:
            raise KeyboardInterrupt

    x, y = fresh()
    arguments = {"steps": 20, "learning_rate": ramp(0.3, 20)}
    with pytest.raises(KeyboardInterrupt):
        optimise("test", noisy_bowl(x, y), {"x": x, "y.z": y}, checkpoint=memory, watch=stop_at_nine, **arguments)
    assert memory.kept[0] == 8
    x, y = fresh()
    seen = []
    optimise("test", noisy_bowl(x, y), {"x": x, "y.z": y}, checkpoint=memory, watch=seen.append, **arguments)
    whole = fresh()
    optimise("test", noisy_bowl(*whole), dict(zip("xy", whole, strict=True)), **arguments)
    assert seen[0].step == 9
    assert torch.equal(x, whole[0])
    assert torch.equal(y, whole[1])
    again = fresh()
    optimise("test", noisy_bowl(*again), {"x": again[0], "y.z": again[1]}, checkpoint=memory, **arguments)
    assert torch.equal(again[0], x)


def test_a_parameter_without_gradients_resumes_too(memory):
    x, unused = torch.zeros(1, requires_grad=True), torch.ones(1, requires_grad=True)
    for steps in (2, 4):
        optimise(
            "test",
            lambda _: {"l": x.square().sum() + x.sum()},
            {"x": x, "unused": unused},
            steps=steps,
            learning_rate=0.1,
            checkpoint=memory,
        )
    assert memory.kept[0] == 4
    assert "adam.step.unused" not in memory.kept[1]


def test_saves_at_the_end_only_when_time_is_short():
    saves = []

    class Counting:
        every_seconds = 20.0

        def load(self):
            return None

        def save(self, step, tensors):
            saves.append(step)

    x = torch.zeros(1, requires_grad=True)
    optimise("t", lambda _: {"l": (x - 1).sum()}, {"x": x}, steps=5, learning_rate=0.1, checkpoint=Counting())
    assert saves == [5]


def test_a_loss_that_is_not_finite_stops_before_it_does_harm():
    x = torch.ones(1, requires_grad=True)
    with pytest.raises(DivergedError, match="phase 1 diverged at step 3"):
        optimise("phase 1", lambda step: {"l": x.sum() / (0 if step == 2 else 1)}, {"x": x}, steps=5, learning_rate=0.1)
    assert torch.isfinite(x).all()


@given(seed=st.integers(0, 2**31), count=st.integers(1, 40), epoch=st.integers(0, 5))
def test_an_epoch_visits_every_index_once(seed: int, count: int, epoch: int):
    drawn = [shuffled_index(seed, epoch * count + step, count) for step in range(count)]
    assert sorted(drawn) == list(range(count))


def test_epochs_and_seeds_differ_and_repeat():
    def order(seed, epoch):
        return [shuffled_index(seed, 30 * epoch + step, 30) for step in range(30)]

    assert order(1, 0) == order(1, 0)
    assert order(1, 0) != order(1, 1)
    assert order(1, 0) != order(2, 0)
    assert step_rng(1, 2).random() == step_rng(1, 2).random()
    assert len({step_rng(seed, step).random() for seed in range(3) for step in range(3)}) == 9


def test_ramp_rises_stays_and_falls():
    rates = np.array([ramp(2.0, 100, rise=0.1, fall=0.5)(step) for step in range(100)])
    assert rates[:10] == pytest.approx(2 * (np.arange(10) + 0.5) / 10)
    assert rates[10:50] == pytest.approx(2.0)
    assert rates[50:] == pytest.approx(1 + np.cos(np.pi * (np.arange(50) + 0.5) / 50), abs=1e-12)
    assert ramp(1.0, 10, rise=0, fall=0)(9) == 1.0


def test_loops_over_frames_are_reported_after_each() -> None:
    seen: list[Progress] = []
    for item in counted("abc", "follow", 2, seen.append):
        assert len(seen) == "abc".index(item)
    assert [(each.step, each.steps) for each in seen] == [(1, 2), (2, 2), (3, 3)]  # one more than expected
    assert {each.stage for each in seen} == {"follow"}
    assert list(counted("ab", "follow", 2, None)) == ["a", "b"]
