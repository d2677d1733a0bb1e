"""Make a flow estimator by name: the only place that knows which estimators exist."""

from pathlib import Path
from typing import TYPE_CHECKING

from steadyface.errors import InputError, WeightsError
from steadyface.zoo import cache

if TYPE_CHECKING:
    from torch import device as Device

    from steadyface.flow.base import FlowEstimator

NAMES = ("dis", "spynet", "raft")
SUFFIXES = (".pth", ".pt", ".safetensors")


def load_estimator(name: str, device: "Device | str" = "cpu") -> "FlowEstimator":
    """One of NAMES, or a RAFT by path or by the name of its file.

    ``raft`` is the small network of this project. A file name without a folder, with or without its suffix, such as
    ``raft-things`` or ``raft_large_C_T_SKHT_V2-ff5fadd5``, is looked for among the cached weights.

    Raises:
        InputError: there is no such estimator.
        WeightsError: its weights can't be had.
    """
    if name == "dis":
        from steadyface.flow.dis import DisFlow

        return DisFlow()
    if name == "spynet":
        from steadyface.flow.spynet import SpyNet

        return SpyNet().to(device)
    from steadyface.flow.raft import RAFT_FILE, load_raft

    if name == "raft" and not RAFT_FILE.exists():
        raise WeightsError(f"{RAFT_FILE} is not there: train it with training/train_flow.py or name another RAFT file")
    return load_raft(RAFT_FILE if name == "raft" else _file_of(name)).to(device)


def _file_of(name: str) -> Path:
    path = Path(name)
    folders = [path.parent] if path.parent != Path() else [Path(), cache.directory()]
    endings = ("",) if path.suffix in SUFFIXES else SUFFIXES
    for folder in folders:
        for ending in endings:
            candidate = folder / f"{path.name}{ending}"
            if candidate.is_file():
                return candidate
    raise InputError(
        f"unknown flow estimator '{name}': choose from {', '.join(NAMES)}, or a RAFT file by its path "
        f"or by its name in {cache.directory()}"
    )
