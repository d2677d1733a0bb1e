"""Pickles as StyleGAN2-ADA writes them, and hostile ones."""

import pickle
import types
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import nn

from steadyface.errors import WeightsError
from steadyface.gan.stylegan2 import StyleGAN2
from steadyface.zoo.ada_pickles import read_ada


@pytest.fixture
def generator() -> StyleGAN2:
    torch.manual_seed(0)
    return StyleGAN2(16, z_dim=4, w_dim=8, mapping_layers=2, channel_base=64, channel_max=8)


@pytest.fixture
def content(generator: StyleGAN2, ada_pickle: Callable[[nn.Module], object]) -> bytes:
    network = ada_pickle(generator)
    tree = {"G": network, "D": None, "G_ema": network, "training_set_kwargs": None, "augment_pipe": None}
    return pickle.dumps(tree)


def test_arrays_are_those_of_the_network(content: bytes, generator: StyleGAN2) -> None:
    found = read_ada(content)
    wanted = generator.state_dict()
    assert found.keys() - {"w_std"} == wanted.keys()
    assert all(torch.equal(found[key], value) for key, value in wanted.items())
    again = StyleGAN2(16, z_dim=4, w_dim=8, mapping_layers=2, channel_base=64, channel_max=8)
    again.load_state_dict({key: value for key, value in found.items() if key in wanted})
    ws = torch.randn(1, 6, 8)
    assert torch.equal(again.synthesis(ws), generator.synthesis(ws))


def test_other_networks_and_none(content: bytes) -> None:
    assert read_ada(content, "G").keys() == read_ada(content).keys()
    with pytest.raises(WeightsError, match="holds no network D"):
        read_ada(content, "D")


def test_tensorflows_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="is TensorFlow's"):
        read_ada(pickle.dumps((1, 2, 3)))


class Hostile:
    def __reduce__(self):
        return exec, ("print('executed')",)


def test_a_pickle_that_would_run_code_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(WeightsError, match=r"refused a StyleGAN2-ADA pickle: it asks for builtins\.exec"):
        read_ada(pickle.dumps({"G_ema": Hostile()}))
    assert capsys.readouterr().out == ""


def test_a_hidden_pickle_inside_a_storage_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    class Inner:
        def __reduce__(self):
            return torch.storage._load_from_bytes, (pickle.dumps(Hostile()),)

    with pytest.raises(WeightsError, match="refused"):
        read_ada(pickle.dumps({"G_ema": Inner()}))
    assert "executed" not in capsys.readouterr().out


def test_an_array_beyond_its_storage_is_refused() -> None:
    class Bomb:
        def __reduce__(self):
            storage = torch.zeros(4).storage()
            return torch._utils._rebuild_tensor_v2, (storage, 0, (10**6, 10**6), (10**6, 1), False, {})

    with pytest.raises(WeightsError, match="larger than what is stored"):
        read_ada(pickle.dumps({"G_ema": Bomb()}))


@pytest.mark.parametrize("part", [0.0, 0.3, 0.9])
def test_what_is_cut_short_is_refused(content: bytes, part: float) -> None:
    with pytest.raises(WeightsError, match="refused"):
        read_ada(content[: int(part * len(content))])


def test_a_record_that_is_no_module_is_refused(persistence: types.ModuleType) -> None:
    class Odd:
        def __reduce__(self):
            return persistence._reconstruct_persistent_obj, ({"state": {"_parameters": 3}},)

    with pytest.raises(WeightsError, match="is not a network"):
        read_ada(pickle.dumps({"G_ema": Odd()}))
