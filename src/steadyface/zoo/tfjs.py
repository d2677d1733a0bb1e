"""TensorFlow.js weights: a JSON manifest beside binary shards, often quantised to 8 or 16 bits.

The format is the "weights manifest" of TensorFlow.js (tfjs-core, io/types: WeightsManifestConfig).
"""

import json
from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from steadyface.errors import WeightsError

_STORED: dict[str, np.dtype[Any]] = {
    "float32": np.dtype("<f4"),
    "uint8": np.dtype("u1"),
    "uint16": np.dtype("<u2"),
}


def read_tfjs(manifest: bytes, shards: Sequence[bytes]) -> dict[str, np.ndarray]:
    """All tensors of a manifest as float32, keys and layouts (convolutions: HWIO) as published.

    ``shards`` are the binary files in the order in which the manifest's ``paths`` list them. A quantised
    value ``q`` stands for ``q * scale + min``. Raises WeightsError when manifest and shards
    don't fit together.
    """
    try:
        groups = json.loads(manifest)
        data, offset = b"".join(shards), 0
        tensors: dict[str, np.ndarray] = {}
        for group in groups:
            for entry in group["weights"]:
                value, offset = _read_tensor(entry, data, offset)
                tensors[entry["name"]] = value
    except (ValueError, KeyError, TypeError) as error:
        raise WeightsError(f"damaged tfjs weights: {type(error).__name__}: {error}") from error
    if offset != len(data):
        raise WeightsError(f"damaged tfjs weights: the manifest describes {offset} of {len(data)} bytes")
    return tensors


def _read_tensor(entry: dict[str, Any], data: bytes, offset: int) -> tuple[np.ndarray, int]:
    quantization = entry.get("quantization")
    if entry["dtype"] != "float32":
        raise ValueError(f"{entry['name']} holds {entry['dtype']}, not float32")
    stored = _STORED[quantization["dtype"] if quantization else "float32"]
    shape = tuple(int(side) for side in entry["shape"])
    count = prod(shape)
    raw = np.frombuffer(data, stored, count, offset).reshape(shape)
    if quantization:
        # In double precision and rounded once, as JavaScript does it.
        raw = raw * float(quantization["scale"]) + float(quantization["min"])
    return raw.astype(np.float32), offset + count * stored.itemsize
