"""The arrays of StyleGAN2-ADA's pickles, read without running the code in them.

NVIDIA's files hold modules with the source text of their classes, which their own loader executes. Here a module is
only ever a record of its parameters, buffers and children; anything else that a pickle asks for is refused.
"""

import io
import pickle
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor

from steadyface.errors import WeightsError
from steadyface.zoo.convert import refuse_bombs


class _Record(dict[str, Any]):
    """Stands for a module or an ``EasyDict``; holds its fields."""

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        self.update(state)


def _module(meta: Mapping[str, Any]) -> _Record:
    return _Record(meta["state"])


def _storage(content: bytes) -> Any:
    return torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)


def _tensor(storage: Any, offset: int, size: tuple[int, ...], stride: tuple[int, ...], *_: Any) -> Tensor:
    reach = offset + sum((n - 1) * step for n, step in zip(size, stride, strict=True)) + 1 if all(size) else 0
    values = storage._untyped_storage
    if min((offset, *size, *stride), default=0) < 0 or reach > values.nbytes() // storage.dtype.itemsize:
        raise pickle.UnpicklingError("an array is larger than what is stored of it")
    return torch.empty(0, dtype=storage.dtype).set_(values, offset, size, stride)


def _bytes(text: str, encoding: str = "latin1") -> bytes:
    """Undo how pickle's protocol 2 writes bytes."""
    return text.encode("latin1")


def _parameter(data: Tensor, *_: Any) -> Tensor:
    return data


_ALLOWED: dict[tuple[str, str], Any] = {
    ("collections", "OrderedDict"): OrderedDict,
    ("dnnlib.util", "EasyDict"): _Record,
    ("dnnlib", "EasyDict"): _Record,
    ("torch_utils.persistence", "_reconstruct_persistent_obj"): _module,
    ("torch._utils", "_rebuild_tensor_v2"): _tensor,
    ("torch._utils", "_rebuild_parameter"): _parameter,
    ("torch.storage", "_load_from_bytes"): _storage,
    ("_codecs", "encode"): _bytes,
    ("__builtin__", "set"): set,
    ("builtins", "set"): set,
}
_NUMBERS = {
    ("numpy", "dtype"),
    ("numpy", "ndarray"),
    *((f"numpy.{core}.multiarray", name) for core in ("core", "_core") for name in ("scalar", "_reconstruct")),
}


class _Reader(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in _ALLOWED:
            return _ALLOWED[module, name]
        if (module, name) in _NUMBERS:
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"it asks for {module}.{name}")


def read_ada(content: bytes, network: str = "G_ema") -> dict[str, Tensor]:
    """The state dictionary of one network in a file of StyleGAN2-ADA: ``G_ema``, ``G`` or ``D``.

    Raises `WeightsError` for anything else: a pickle that would run code, is cut short, or lacks the network.
    """
    try:
        tree = _Reader(io.BytesIO(content)).load()
    # A damaged pickle can raise nearly any exception.
    except Exception as error:
        reason = str(error).partition("\n")[0] or type(error).__name__
        raise WeightsError(f"refused a StyleGAN2-ADA pickle: {reason}") from error
    if isinstance(tree, tuple):
        raise WeightsError("this StyleGAN2 pickle is TensorFlow's; convert it with StyleGAN2-ADA's legacy.py first")
    found = tree.get(network) if isinstance(tree, dict) else None
    if not isinstance(found, _Record):
        raise WeightsError(f"the pickle holds no network {network}")
    return _state(found, f"pickle's {network}")


def read_tuned(content: bytes) -> dict[str, Tensor] | None:
    """The state dictionary of a generator that PTI or STIT saved as a whole module; None if the file is none.

    PTI's file is the module; STIT's is a dictionary that has it under ``generator``. Raises `WeightsError` for an
    archive that would run code or is damaged.
    """
    refuse_bombs(content)
    try:
        tree = torch.load(io.BytesIO(content), map_location="cpu", pickle_module=_AsPickle, weights_only=False)
    except Exception as error:
        reason = str(error).partition("\n")[0] or type(error).__name__
        raise WeightsError(f"refused a tuned generator: {reason}") from error
    if not isinstance(tree, _Record) and isinstance(tree, dict):
        tree = tree.get("generator")
    if not isinstance(tree, _Record) or "_modules" not in tree:
        return None
    return _state(tree, "tuned generator")


class _AsPickle:
    """Given to `torch.load` instead of the module ``pickle``; torch subclasses its ``Unpickler``."""

    Unpickler = _Reader
    UnpicklingError = pickle.UnpicklingError


def _state(network: _Record, what: str) -> dict[str, Tensor]:
    try:
        return dict(_arrays(network, ""))
    except (KeyError, AttributeError, TypeError, RecursionError) as error:
        raise WeightsError(f"the {what} is not a network of StyleGAN2-ADA") from error


def _arrays(module: Mapping[str, Any], path: str) -> Iterator[tuple[str, Tensor]]:
    for kind in ("_parameters", "_buffers"):
        for name, value in module[kind].items():
            if isinstance(value, Tensor):
                yield path + name, value
    for name, child in module["_modules"].items():
        yield from _arrays(child, f"{path}{name}.")
