import io
import os
import pickle
import re
from pathlib import Path

import pytest
import torch
from torch import Tensor

from steadyface.baselines.latent_transformer import (
    KEPT_ROWS,
    LatentEdit,
    LatentTransformer,
    load_official,
    stylegan2_sides,
)
from steadyface.editing.card import EditCard
from steadyface.errors import InputError, WeightsError
from steadyface.gan.base import Generator

State = dict[str, Tensor]


def official_state(rows: int = 18, width: int = 512, seed: int = 0) -> State:
    """Arrays as the authors' files have them."""
    draws = torch.Generator().manual_seed(seed)
    state = {}
    for row in range(rows):
        state[f"dense.{row}.weight"] = torch.randn(width, width, generator=draws)
        state[f"dense.{row}.bias"] = torch.randn(width, generator=draws)
    return state


def saved(path: Path, state: object, **options: object) -> Path:
    torch.save(state, path, **options)
    return path


def network(sides: tuple[int, ...] = (8, 16), width: int = 16) -> LatentTransformer:
    made = LatentTransformer(sides, width)
    made.load_state_dict(official_state(len(sides), width))
    return made.requires_grad_(False)


@pytest.mark.parametrize(("rows", "width"), [(18, 512), (3, 5)])
def test_the_official_file_gives_the_printed_formula(tmp_path: Path, rows: int, width: int) -> None:
    """w + alpha (A w / sqrt(w_dim) + b), row by row, in double precision and without the network's code."""
    state = official_state(rows, width)
    ws, alpha = torch.randn(2, rows, width), 0.7
    network = load_official(saved(tmp_path / "tnet_15.pth.tar", state), kept_rows=rows)
    edited = network(ws, alpha)
    for n in range(2):
        for row in range(rows):
            w = ws[n, row].double()
            weight, bias = (state[f"dense.{row}.{part}"].double() for part in ("weight", "bias"))
            expected = w + alpha * ((weight * w[None, :]).sum(1) / width**0.5 + bias)
            torch.testing.assert_close(edited[n, row].double(), expected, rtol=1e-4, atol=1e-4)


def test_of_an_official_network_the_rows_up_to_128_px_edit(tmp_path: Path) -> None:
    sides = stylegan2_sides(18)
    assert sides == (4, 8, 8, 16, 16, 32, 32, 64, 64, 128, 128, 256, 256, 512, 512, 1024, 1024, 1024)
    network = load_official(saved(tmp_path / "t.pth.tar", official_state(width=4)))
    ws = torch.randn(1, 18, 4)
    moved = (network.edit(ws, 1.0, sides) != ws).all(-1)[0]
    assert moved[:KEPT_ROWS].all()
    assert not moved[KEPT_ROWS:].any()


def test_rows_are_found_by_the_side_of_their_layer() -> None:
    made = network((4, 8, 8, 16))
    ws = torch.randn(2, 5, 16)
    edited = made.edit(ws, 0.5, (8, 8, 8, 16, 32))
    own = made(torch.stack([torch.zeros(2, 16), ws[:, 0], ws[:, 1], ws[:, 3]], dim=1), 0.5)
    torch.testing.assert_close(edited[:, [0, 1, 3]], own[:, 1:])
    assert torch.equal(edited[:, [2, 4]], ws[:, [2, 4]])


def test_alpha_zero_is_the_identity_and_alpha_is_a_dial() -> None:
    made, ws = network(), torch.randn(3, 2, 16)
    assert torch.equal(made(ws, 0.0), ws)
    assert torch.equal(LatentTransformer((8, 16), 16)(ws, 1.0), ws)
    torch.testing.assert_close(made(ws, -2.0) - ws, 2.0 * (ws - made(ws, 1.0)))
    each = made(ws, torch.tensor([0.0, 1.0, 2.0])[:, None, None])
    torch.testing.assert_close(each[2], made(ws[2:], 2.0)[0])


def test_each_row_depends_on_itself_alone_and_can_be_trained() -> None:
    made = network().requires_grad_(True)
    ws = torch.randn(1, 2, 16, requires_grad=True)
    made(ws)[0, 0].sum().backward()
    assert ws.grad is not None
    assert ws.grad[0, 0].any()
    assert not ws.grad[0, 1].any()
    assert made.dense[0].weight.grad.any()


def test_codes_of_another_generator_are_refused() -> None:
    with pytest.raises(InputError, match="codes of 16 values, not 5"):
        network().edit(torch.zeros(1, 2, 5), 1.0, (8, 16))
    with pytest.raises(InputError, match="no layer of this generator"):
        network().edit(torch.zeros(1, 2, 16), 1.0, (32, 64))


def test_half_precision_file_round_trip(tmp_path: Path, tiny_generator: Generator) -> None:
    edit = LatentEdit(EditCard("eyeglasses", "a test", "eyeglasses"), network(), 0.5)
    edit.save(tmp_path / "x.safetensors")
    assert (tmp_path / "x.safetensors").stat().st_size < 2 * 2 * (16 * 16 + 16) + 1000
    loaded = LatentEdit.load(tmp_path / "x.safetensors")
    assert (loaded.card, loaded.network.sides, loaded.strength) == (edit.card, (8, 16), 1.0)
    for key, value in loaded.network.state_dict().items():
        assert torch.equal(value, edit.network.state_dict()[key].half().float())
    ws = torch.randn(2, 4, 16)
    moved = edit(ws, tiny_generator) - ws
    assert moved[:, :2].all()
    assert not moved[:, 2:].any()


def test_checkpoints_with_one_wrapping_and_in_the_old_format_are_read(tmp_path: Path) -> None:
    state = official_state(2, 4)
    old = saved(tmp_path / "old", state, _use_new_zipfile_serialization=False)
    wrapped = saved(tmp_path / "wrapped", {"T_net_state_dict": state})
    for path in (old, wrapped):
        assert torch.equal(load_official(path).dense[1].bias, state["dense.1.bias"])


def without(state: State, key: str) -> State:
    return {name: value for name, value in state.items() if name != key}


STATE = official_state(3, 4)


@pytest.mark.parametrize(
    ("state", "says"),
    [
        (without(STATE, "dense.1.bias"), "'dense.2.weight' is unknown|'dense.1.bias' is missing"),
        (without(without(STATE, "dense.1.bias"), "dense.1.weight"), "dense.1"),
        (STATE | {"fcs.0.weight": torch.zeros(1)}, "'fcs.0.weight' is unknown"),
        (STATE | {"fcs.0.weight": torch.zeros(1), "fcs.0.bias": torch.zeros(1)}, "'fcs.0.bias' is unknown"),
        (STATE | {"dense.1.weight": torch.zeros(4, 5)}, r"dense.1.weight has the shape \(4, 5\)"),
        (STATE | {"dense.2.bias": torch.zeros(5)}, r"dense.2.bias has the shape \(5,\)"),
        (STATE | {"dense.0.bias": torch.tensor(1.0)}, "has the shape"),
        (STATE | {"dense.0.bias": torch.full((4,), torch.nan)}, "dense.0.bias holds something else than finite"),
        (STATE | {"dense.0.bias": torch.zeros(4, dtype=torch.int64)}, "dense.0.bias holds something else"),
        (STATE | {"dense.0.bias": torch.zeros(4, dtype=torch.bfloat16)}, "BFloat16"),
        (STATE | {"dense.0.bias": torch.zeros(4, requires_grad=True)}, "requires grad"),
        ({}, "no tensor"),
        ([1, 2], "holds a list"),
    ],
)
def test_files_of_something_else_are_refused(tmp_path: Path, state: object, says: str) -> None:
    path = saved(tmp_path / "tnet_15.pth.tar", state)
    with pytest.raises(WeightsError, match=f"{re.escape(str(path))} is not a Latent Transformer: .*({says})") as error:
        load_official(path)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("length", [0, 10, 500, -1])
def test_a_file_cut_short_is_refused(tmp_path: Path, length: int) -> None:
    path = saved(tmp_path / "tnet_15.pth.tar", STATE)
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(WeightsError, match="is not a Latent Transformer: refused a torch checkpoint"):
        load_official(path)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    for path in (tmp_path / "missing", tmp_path):
        with pytest.raises(WeightsError, match="can't read the Latent Transformer"):
            load_official(path)


class Hostile:
    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> object:
        return os.mkdir, (self.path,)


@pytest.mark.parametrize("zipped", [True, False])
def test_nothing_in_a_file_is_executed(tmp_path: Path, zipped: bool) -> None:
    victim = tmp_path / "made-by-the-file"
    state = STATE | {"dense.0.bias": Hostile(str(victim))}
    buffer = io.BytesIO()
    torch.save(state, buffer) if zipped else pickle.dump(state, buffer, protocol=2)
    (tmp_path / "tnet_15.pth.tar").write_bytes(buffer.getvalue())
    with pytest.raises(WeightsError, match="refused a torch checkpoint"):
        load_official(tmp_path / "tnet_15.pth.tar")
    assert not victim.exists()


@pytest.mark.parametrize("metadata", [None, {"steadyface.edit": "{}"}, {"sides": "[8]"}, {"sides": '["8", "16"]'}])
def test_a_safetensors_file_of_something_else_is_refused(tmp_path: Path, metadata: dict[str, str] | None) -> None:
    from safetensors.torch import save_file

    path = tmp_path / "x.safetensors"
    card = {"steadyface.edit": '{"name": "x", "description": "x"}'}
    save_file(official_state(2, 4), path, metadata and card | metadata)
    with pytest.raises((InputError, WeightsError), match=r"is not a Latent Transformer of steadyface|dense\.1"):
        LatentEdit.load(path)
    path.write_bytes(b"text")
    with pytest.raises(InputError, match="is not a Latent Transformer of steadyface"):
        LatentEdit.load(path)
