"""The target that carries an edit over to the input frames."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from steadyface.config.phases import DEFAULT, PAPER
from steadyface.consistency.flows import InputFlow
from steadyface.temporal.anchors import Anchors
from steadyface.temporal.settings import Averaging
from steadyface.temporal.target import target_frames

from ..consistency.conftest import flicker, no_motion

COUNT, SIDE = 9, 32


def flat(value: float):
    return lambda frames: torch.full((len(frames), 3, SIDE, SIDE), value)


def inputs(frames) -> Tensor:
    return torch.stack(
        [0.1 * torch.randn(3, SIDE, SIDE, generator=torch.Generator().manual_seed(n)).clamp(-1, 1) for n in frames]
    )


def targets(kind: str, before, direct, averaging: Averaging | None, where: Tensor | None = None) -> Tensor:
    settings = replace(DEFAULT.target, kind=kind, size=SIDE, averaging=averaging)
    where = torch.ones(1, 1, SIDE, SIDE) if where is None else where
    flow = InputFlow(no_motion, inputs)
    return target_frames(inputs, before, direct, where, flow, Anchors.single(4, COUNT), [0, 4, 8], settings)(
        range(COUNT)
    )


@pytest.mark.parametrize("averaging", [None, Averaging()])
def test_the_person_alone_is_edited_and_what_the_inversion_missed_is_given_back(averaging: Averaging | None) -> None:
    person = torch.zeros(1, 1, SIDE, SIDE)
    person[..., 16:] = 1
    found = targets("input+change", flat(0.1), flat(0.12), averaging, person)
    torch.testing.assert_close(found, inputs(range(COUNT)) + 0.02 * person, atol=4e-3, rtol=0)


def test_what_hides_the_input_is_the_edited_picture() -> None:
    found = targets("input+change", flat(0.1), flat(-0.6), None)
    torch.testing.assert_close(found, flat(-0.6)(range(COUNT)), atol=1e-3, rtol=0)


def test_a_change_that_flickers_is_that_of_the_keyframes_together() -> None:
    def direct(frames) -> Tensor:
        return flat(0.0)(frames) + torch.tensor([0.02 * (-1) ** n for n in frames]).view(-1, 1, 1, 1)

    found = targets("input+change", flat(0.0), direct, Averaging()) - inputs(range(COUNT))
    assert flicker(found) < 0.05 * flicker(direct(range(COUNT)))


def test_the_papers_target_is_the_input_and_a_styles_the_direct_edit() -> None:
    assert PAPER.target.kind == "input"
    assert torch.equal(targets("input", flat(0.0), flat(0.5), None), inputs(range(COUNT)))
    torch.testing.assert_close(targets("direct", flat(0.0), flat(0.5), Averaging()), flat(0.5)(range(COUNT)))
