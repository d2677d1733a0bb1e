from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from steadyface.editing import calibrate
from steadyface.editing.calibrate import factor_on_clip
from steadyface.editing.card import EditCard, Effect
from steadyface.editing.edit import Edit
from steadyface.editing.settings import Calibration
from steadyface.gan.base import Generator

SETTINGS = Calibration()


def factor(effect: Callable[[float], float], wanted: float) -> float:
    return calibrate.factor(effect, wanted, SETTINGS.most, SETTINGS)


@pytest.mark.parametrize("wanted", [8.0, -8.0])
def test_a_weaker_answer_is_made_up_for(wanted: float) -> None:
    assert factor(lambda k: 0.8 * wanted * k, wanted) == pytest.approx(1.25, rel=0.02)
    assert factor(lambda k: 1.25 * wanted * k, wanted) == pytest.approx(0.8, rel=0.02)


def test_a_curved_answer_is_met_too() -> None:
    found = factor(lambda k: 7.0 * k**0.6, 8.0)
    assert 7.0 * found**0.6 == pytest.approx(8.0, rel=0.04)


def test_what_is_close_stays_as_asked_and_is_looked_at_once() -> None:
    asked = []
    assert factor(lambda k: asked.append(k) or 9.8, 10.0) == 1.0  # type: ignore[func-returns-value]
    assert asked == [1.0]


@pytest.mark.parametrize(("answer", "bound"), [(0.2, SETTINGS.most), (-0.5, 1.0), (5.0, SETTINGS.least)])
def test_it_stays_within_bounds_and_few_trials(answer: float, bound: float) -> None:
    asked = []

    def effect(k: float) -> float:
        asked.append(k)
        return answer * k

    assert factor(effect, 1.0) == pytest.approx(bound)
    assert len(asked) <= SETTINGS.trials
    assert SETTINGS.least <= min(asked) <= max(asked) <= SETTINGS.most


class Fainter(nn.Module):
    """A generator whose pictures have a part of another's contrast about a grey."""

    def __init__(self, generator: Generator, part: float, grey: float) -> None:
        super().__init__()
        self.generator, self.part, self.grey = generator, part, grey
        self.w_dim, self.ws_resolutions = generator.w_dim, generator.ws_resolutions

    def synthesis(self, ws: Tensor) -> Tensor:
        return self.grey + self.part * (self.generator.synthesis(ws) - self.grey)


def on_clip(edit: Edit, ws: Tensor, generator: Generator, tuned: nn.Module) -> float:
    """The factor on a clip whose pictures are the tuned generator's."""

    def pictures(codes: Tensor) -> list[Tensor]:
        return [tuned.synthesis(code[None]) for code in codes]  # type: ignore[operator]

    shown = lambda edit: pictures(edit(ws, generator))  # noqa: E731
    plain = pictures(ws)
    return factor_on_clip(edit, ws, generator, plain, plain, shown, None, SETTINGS)  # type: ignore[arg-type]


@pytest.fixture
def edit() -> Edit:
    return Edit(EditCard("brighter", "", attribute="light"), {64: torch.full((16,), 0.02)})


def test_the_edit_has_the_untuned_generators_effect(
    edit: Edit, tiny_generator: Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calibrate, "scorer_of", lambda *_: lambda images: {"light": 1e4 * images.mean((1, 2, 3))})
    ws = torch.randn(3, 4, 16, generator=torch.Generator().manual_seed(1))
    tuned = Fainter(tiny_generator, 0.85, float(tiny_generator.synthesis(ws).mean()))
    k = on_clip(edit, ws, tiny_generator, tuned)

    def change(generator: Generator, edit: Edit) -> float:
        return float((generator.synthesis(edit(ws, tiny_generator)) - generator.synthesis(ws)).mean())

    assert change(tuned, replace(edit, strength=k)) == pytest.approx(
        (1 + SETTINGS.loss) * change(tiny_generator, edit), rel=0.04
    )
    weak = replace(edit, strength=1e-4)
    assert on_clip(weak, ws, tiny_generator, tuned) == 1.0


def test_an_edit_that_no_classifier_knows_is_as_asked(
    edit: Edit, tiny_generator: Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calibrate, "scorer_of", lambda *_: None)
    assert on_clip(edit, torch.randn(1, 4, 16), tiny_generator, tiny_generator) == 1.0


def test_no_more_is_asked_than_the_scale_leaves_room_for(
    edit: Edit, tiny_generator: Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    ws = torch.randn(3, 4, 16, generator=torch.Generator().manual_seed(1))
    monkeypatch.setattr(calibrate, "scorer_of", lambda *_: lambda images: {"light": 1e4 * images.mean((1, 2, 3))})
    change = 1e4 * float((tiny_generator.synthesis(edit(ws, tiny_generator)) - tiny_generator.synthesis(ws)).mean())
    monkeypatch.setattr(calibrate, "room_of", lambda *_: 0.8 * abs(change))
    assert on_clip(edit, ws, tiny_generator, tiny_generator) == pytest.approx(0.8, rel=0.05)


@pytest.mark.parametrize(("score", "left_out"), [(3.0, True), (-3.0, False)])
def test_what_the_person_wears_already_is_left_as_it_is_but_can_be_taken_off(
    tiny_generator: Generator, monkeypatch: pytest.MonkeyPatch, score: float, left_out: bool
) -> None:
    ws = torch.randn(3, 4, 16, generator=torch.Generator().manual_seed(1))
    middle = float(tiny_generator.synthesis(ws).mean())
    monkeypatch.setattr(
        calibrate, "scorer_of", lambda *_: lambda images: {"beard": score + 1e4 * (images.mean((1, 2, 3)) - middle)}
    )
    beard = Edit(EditCard("beard", "", attribute="beard", effect=Effect(overlay=True)), {64: torch.full((16,), 0.02)})
    grows = beard if tiny_generator.synthesis(beard(ws, tiny_generator)).mean() > middle else beard.times(-1.0)
    assert (on_clip(grows, ws, tiny_generator, tiny_generator) == 0.0) == left_out
    assert on_clip(grows.times(-1.0), ws, tiny_generator, tiny_generator) > 0
    in_the_face = replace(grows, card=replace(beard.card, effect=Effect()))
    assert on_clip(in_the_face, ws, tiny_generator, tiny_generator) > 0
