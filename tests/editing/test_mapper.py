"""StyleCLIP's mappers: files in their format, against the network written out another way."""

from pathlib import Path

import numpy as np
import pytest
import torch

from steadyface.editing import catalogue
from steadyface.editing.card import EditCard
from steadyface.editing.catalogue import Request
from steadyface.editing.mapper import MapperEdit, read_official
from steadyface.errors import InputError, WeightsError
from steadyface.gan.base import Generator
from steadyface.interop.imports import import_file

KEYS = {"levels": ("course_mapping", "medium_mapping"), "single": ("mapping",)}
DIM, ROWS = 16, 10


def official(path: Path, levels: tuple[str, ...], dim: int = DIM) -> dict[str, torch.Tensor]:
    """A file as StyleCLIP's trainer saves it: mapper, decoder and options."""
    draws = torch.Generator().manual_seed(0)
    state = {}
    for level in levels:
        for layer in range(1, 5):
            state[f"mapper.{level}.mapping.{layer}.weight"] = 100 * torch.randn(dim, dim, generator=draws)
            state[f"mapper.{level}.mapping.{layer}.bias"] = 10 * torch.randn(dim, generator=draws)
    state["decoder.style.1.weight"] = torch.zeros(2, 2)
    torch.save({"state_dict": state, "opts": {"mapper_type": "LevelsMapper", "no_fine_mapper": True}}, path)
    return state


def by_hand(state: dict[str, torch.Tensor], level: str, ws: np.ndarray) -> np.ndarray:
    """The network in numpy, row by row: normalised over the rows, as the published one is."""
    x = ws / np.sqrt((ws**2).mean(axis=1, keepdims=True) + 1e-8)
    for layer in range(1, 5):
        weight, bias = (state[f"mapper.{level}.mapping.{layer}.{part}"].double().numpy() for part in ("weight", "bias"))
        x = x @ (weight * 0.01 / np.sqrt(DIM)).T + 0.01 * bias
        x = np.where(x > 0, x, 0.2 * x) * np.sqrt(2)
    return x


@pytest.mark.parametrize("kind", KEYS)
def test_edits_as_the_published_network_does(tmp_path: Path, kind: str, tiny_generator: Generator) -> None:
    state = official(tmp_path / "angry.pt", KEYS[kind])
    edit = MapperEdit(EditCard("angry", ""), read_official(tmp_path / "angry.pt"), strength=1.5)
    ws = torch.randn(2, ROWS, DIM)
    found = edit(ws, tiny_generator).double().numpy()
    expected = ws.double().numpy().copy()
    for level, rows in {"course_mapping": slice(0, 4), "medium_mapping": slice(4, 8), "mapping": slice(None)}.items():
        if level in KEYS[kind]:
            expected[:, rows] += 0.15 * by_hand(state, level, ws[:, rows].double().numpy())
    np.testing.assert_allclose(found, expected, atol=1e-4)
    assert np.abs(found - ws.numpy()).max() > 0.01


def test_rows_without_a_level_stay_and_a_scale_of_the_code_says_nothing(tmp_path: Path, tiny_generator) -> None:
    official(tmp_path / "x.pt", KEYS["levels"])
    edit = MapperEdit(EditCard("x", ""), read_official(tmp_path / "x.pt"))
    ws = torch.randn(1, ROWS, DIM)
    assert torch.equal(edit(ws, tiny_generator)[:, 8:], ws[:, 8:])
    step = edit(ws, tiny_generator) - ws
    torch.testing.assert_close(edit(3 * ws, tiny_generator) - 3 * ws, step, atol=1e-4, rtol=1e-3)


def test_an_imported_file_is_an_edit_with_a_name(tmp_path: Path, monkeypatch, tiny_generator) -> None:
    monkeypatch.setenv("STEADYFACE_EDITS", str(tmp_path / "edits"))
    official(tmp_path / "furious.pt", KEYS["levels"])
    made = import_file(tmp_path / "furious.pt")
    assert "mapper of StyleCLIP" in made.kind
    assert made.use == "--edit furious"
    edit = catalogue.load(Request("furious", 0.5))
    direct = MapperEdit(EditCard("x", ""), read_official(tmp_path / "furious.pt"), 0.5)
    ws = torch.randn(1, ROWS, DIM)
    torch.testing.assert_close(edit(ws, tiny_generator), direct(ws, tiny_generator), atol=0.02, rtol=0.02)  # halves
    assert edit.times(2).strength == 1.0  # type: ignore[attr-defined]
    with pytest.raises(InputError, match="codes of 16 numbers"):
        edit(torch.randn(1, ROWS, 8), tiny_generator)


def test_what_is_no_mapper_is_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "x.pt"
    torch.save({"state_dict": {"mapper.mapper_0.mapping.1.weight": torch.zeros(DIM, DIM)}}, path)
    with pytest.raises(WeightsError, match="StyleSpace"):
        read_official(path)
    state = official(path, KEYS["levels"])
    short = {key: value for key, value in state.items() if not key.endswith("medium_mapping.mapping.3.bias")}
    cut = {**state, "mapper.course_mapping.mapping.1.weight": torch.zeros(3, 4)}
    odd = {**state, "mapper.hat.mapping.1.weight": torch.zeros(DIM, DIM)}
    wild = {**state, "mapper.course_mapping.mapping.1.weight": torch.full((DIM, DIM), torch.nan)}
    for broken in (short, cut, odd, wild, {}):
        torch.save({"state_dict": broken}, path)
        with pytest.raises(WeightsError, match="not a mapper of StyleCLIP") as caught:
            read_official(path)
        assert "\n" not in str(caught.value)
