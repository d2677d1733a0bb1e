"""The tfjs manifest: offsets, quantisation, and manifests that don't fit their shards."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from steadyface.errors import WeightsError
from steadyface.zoo.tfjs import read_tfjs


def manifest(*entries: dict) -> bytes:
    return json.dumps([{"weights": list(entries), "paths": ["a.bin"]}]).encode()


def entry(name: str, shape: list[int], **more: object) -> dict:
    return {"name": name, "shape": shape, "dtype": "float32", **more}


def test_tensors_follow_each_other_in_the_shards():
    codes, scale, low = np.array([[0, 255], [7, 128]], np.uint8), 0.0123, -1.5
    plain = np.array([1.5, -2.5, 3.5], np.float32)
    wide = np.array([65535, 1], np.uint16)
    listed = manifest(
        entry("conv/filters", [2, 2], quantization={"dtype": "uint8", "scale": scale, "min": low}),
        entry("conv/bias", [3]),
        entry("fc", [2], quantization={"dtype": "uint16", "scale": 2.0, "min": 1.0}),
        entry("scalar", [], quantization={"dtype": "uint8", "scale": 0.5, "min": 0.0}),
    )
    data = codes.tobytes() + plain.tobytes() + wide.tobytes() + b"\x03"
    # A tensor may lie across two shards.
    tensors = read_tfjs(listed, [data[:6], data[6:]])
    assert list(tensors) == ["conv/filters", "conv/bias", "fc", "scalar"]
    assert all(value.dtype == np.float32 for value in tensors.values())
    expected = [[float(np.float32(int(code) * scale + low)) for code in row] for row in codes]
    np.testing.assert_array_equal(tensors["conv/filters"], np.array(expected, np.float32))
    np.testing.assert_array_equal(tensors["conv/bias"], plain)
    np.testing.assert_array_equal(tensors["fc"], [131071, 3])
    assert tensors["scalar"].shape == ()
    assert tensors["scalar"] == 1.5


@given(
    arrays(np.float32, array_shapes(max_dims=4), elements=st.floats(-100, 100, width=32)),
)
def test_quantised_values_come_back_within_half_a_step(values):
    low, high = float(values.min()), float(values.max())
    scale = (high - low) / 255 or 1.0
    codes = np.round((values.astype(np.float64) - low) / scale).astype(np.uint8)
    listed = manifest(entry("x", list(values.shape), quantization={"dtype": "uint8", "scale": scale, "min": low}))
    restored = read_tfjs(listed, [codes.tobytes()])["x"]
    assert restored.shape == values.shape
    assert np.abs(restored - values).max() <= scale / 2 + 1e-5


@pytest.mark.parametrize(
    ("listed", "data"),
    [
        (b"not json", b""),
        (b"{}[]", b""),
        (b'[{"paths": []}]', b""),
        (manifest(entry("x", [2])), b"1234"),
        (manifest(entry("x", [1])), b"12345"),
        (manifest({"name": "x", "shape": [1], "dtype": "int32"}), b"1234"),
        (manifest(entry("x", [1], quantization={"dtype": "float16"})), b"12"),
        (manifest(entry("x", [-1])), b"1234"),
    ],
)
def test_damaged_weights(listed, data):
    with pytest.raises(WeightsError, match="damaged tfjs weights"):
        read_tfjs(listed, [data])
