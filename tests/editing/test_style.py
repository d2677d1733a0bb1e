from dataclasses import replace
from pathlib import Path

import pytest
import torch

from steadyface.editing import catalogue
from steadyface.editing.card import EditCard
from steadyface.editing.catalogue import Request
from steadyface.editing.edit import Edit
from steadyface.editing.style import Style
from steadyface.errors import InputError
from steadyface.gan.base import Generator


@pytest.fixture
def style(tiny_generator: Generator) -> Style:
    name, weight = next((k, v) for k, v in tiny_generator.state_dict().items() if k.startswith("layers.1.weight"))
    return Style(EditCard("grey", "a test", model="mobile-ffhq-256"), {name: torch.full_like(weight, 0.25)})


def test_adds_to_the_weights_of_a_copy(tiny_generator: Generator, style: Style) -> None:
    (name,) = style.deltas
    before = {key: value.clone() for key, value in tiny_generator.state_dict().items()}
    half = replace(style, strength=0.5)(tiny_generator).state_dict()
    torch.testing.assert_close(half[name], before[name] + 0.125)
    assert all(torch.equal(half[key], value) for key, value in before.items() if key != name)
    assert all(torch.equal(value, before[key]) for key, value in tiny_generator.state_dict().items())


def test_strength_zero_is_the_generator_itself(tiny_generator: Generator, style: Style) -> None:
    ws = torch.randn(1, 4, 16)
    assert torch.equal(replace(style, strength=0.0)(tiny_generator).synthesis(ws), tiny_generator.synthesis(ws))
    assert not torch.equal(style(tiny_generator).synthesis(ws), tiny_generator.synthesis(ws))


def test_another_generator_is_refused(tiny_generator: Generator, style: Style) -> None:
    (name,) = style.deltas
    for deltas in ({"other": torch.zeros(1)}, {name: torch.zeros(3)}):
        with pytest.raises(InputError, match="for another generator; take --model mobile-ffhq-256"):
            replace(style, deltas=deltas)(tiny_generator)


def test_file_round_trip_and_the_catalogue_knows_it(
    tmp_path: Path, style: Style, monkeypatch: pytest.MonkeyPatch
) -> None:
    style.save(tmp_path / "grey.safetensors")
    Edit(EditCard("tall", "a test"), {8: torch.ones(16)}).save(tmp_path / "tall.safetensors")
    monkeypatch.setenv("STEADYFACE_EDITS", str(tmp_path))
    loaded = catalogue.load_style(Request("grey", 0.5))
    assert (loaded.card, loaded.strength) == (style.card, 0.5)
    torch.testing.assert_close(loaded.deltas, {key: delta.half() for key, delta in style.deltas.items()})
    assert catalogue.is_style(Request("grey"))
    assert not catalogue.is_style(Request("tall"))
    assert not catalogue.is_style(Request("smile"))


def test_a_file_cut_short_is_refused(tmp_path: Path, style: Style) -> None:
    path = tmp_path / "grey.safetensors"
    style.save(path)
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(InputError, match="is not a style"):
        Style.load(path)
