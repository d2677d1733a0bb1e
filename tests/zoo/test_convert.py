"""Conversion of torch checkpoints, and what reaches the safetensors file."""

import io
import os
import pickle
from functools import partial

import numpy as np
import pytest
import torch
from safetensors.numpy import load

from steadyface.errors import WeightsError
from steadyface.zoo.cards import Source
from steadyface.zoo.convert import convert, read_checkpoint

SOURCE = Source("pypi", "pkg", "1.0", "pkg.whl", "0" * 64, 1)


def saved(state: object) -> bytes:
    buffer = io.BytesIO()
    torch.save(state, buffer)
    return buffer.getvalue()


STATE = {"net.a": torch.arange(6.0).reshape(2, 3), "net.b": torch.tensor(2.0), "other.a": torch.ones(1)}


@pytest.mark.parametrize("state", [STATE, {"params": STATE}])
def test_prefix_selects_and_is_removed(state):
    tensors = read_checkpoint(saved(state), "net.")
    assert tensors.keys() == {"a", "b"}
    np.testing.assert_array_equal(tensors["a"], [[0, 1, 2], [3, 4, 5]])


def test_transposed_and_scalar_tensors_survive_the_file(make_card):
    transposed = torch.arange(6.0).reshape(2, 3).T
    card = make_card("net", SOURCE, {"x": b""}, "torch-pickle")
    tensors = load(convert(card, [saved({"t": transposed, "s": torch.tensor(2.0)})]))
    np.testing.assert_array_equal(tensors["t"], [[0, 3], [1, 4], [2, 5]])
    assert tensors["s"].shape == ()


def test_no_tensor_with_the_prefix():
    with pytest.raises(WeightsError, match=r'no tensor whose name begins with "flow\."'):
        read_checkpoint(saved(STATE), "flow.")


@pytest.mark.parametrize("content", [b"", b"damaged", saved(STATE)[:200]])
def test_damaged_checkpoint(content):
    with pytest.raises(WeightsError, match="refused a torch checkpoint"):
        read_checkpoint(content)


def test_checkpoint_of_something_else():
    with pytest.raises(WeightsError, match="holds a list, not named tensors"):
        read_checkpoint(saved([1, 2]))


class Hostile:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (self.path,)


@pytest.mark.parametrize("save", [saved, partial(pickle.dumps, protocol=2)])
def test_hostile_checkpoint_is_refused_and_does_not_run(tmp_path, save):
    victim = tmp_path / "made-by-the-pickle"
    with pytest.raises(WeightsError, match="refused a torch checkpoint"):
        read_checkpoint(save({"a": Hostile(str(victim))}))
    assert not victim.exists()
