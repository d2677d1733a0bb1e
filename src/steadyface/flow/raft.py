"""RAFT as a `FlowEstimator`, with weights in any of their published forms."""

from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn
from torch.nn import functional as F

from steadyface.errors import WeightsError
from steadyface.flow.raft_names import is_official, to_torchvision
from steadyface.flow.raft_network import CELL, LARGE, LEVELS, SMALL, RaftNetwork, Upsampling
from steadyface.zoo.convert import read_checkpoint

RAFT_FILE = Path(__file__).resolve().parents[1] / "weights" / "flow-raft-small.safetensors"
"""The small network that this project trained itself (`training/train_flow.py`)."""

UPDATES = 12
_LEAST_SIDE = CELL * 2 ** (LEVELS - 1)


class Raft(nn.Module):
    """A `FlowEstimator` for small and large motion, differentiable in both images.

    Frozen; gradients reach the images. Any image size: sides that are not multiples of 8 are padded with their border.
    More ``updates`` take longer and are more precise.
    """

    def __init__(self, network: RaftNetwork, updates: int = UPDATES) -> None:
        super().__init__()
        self.network, self.updates = network, updates
        self.requires_grad_(False).eval()

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        """Flow (N, 2, H, W) in pixels from a to b, both (N, 3, H, W) in [-1, 1]."""
        height, width = a.shape[2:]
        down, right = (max(-side % CELL, _LEAST_SIDE - side) for side in (height, width))
        top, left = down // 2, right // 2
        edges = (left, right - left, top, down - top)
        padded = (F.pad(image.float(), edges, mode="replicate") for image in (a, b))
        flow: Tensor = self.network(*padded, self.updates, last_only=True)[-1]
        return flow[:, :, top : top + height, left : left + width]


def load_raft(path: str | Path, updates: int = UPDATES) -> Raft:
    """Load a network, small or large, from a file: safetensors, torchvision's .pth, or the authors' .pth.

    Nothing in the file is executed. Raises `WeightsError` when it can't be read or isn't a RAFT.
    """
    path = Path(path)
    state, metadata = _read(path)
    if is_official(state):
        state = to_torchvision(state)
    large = any(name.startswith("mask_predictor.") for name in state)
    upsampling: Upsampling = "corners"  # as the published small networks were trained
    if large:
        upsampling = "mask"
    elif metadata.get("upsampling") == "centres":
        upsampling = "centres"
    network = RaftNetwork(LARGE if large else SMALL, upsampling)
    wanted = network.state_dict()
    wrong = sorted(state.keys() ^ wanted.keys())
    wrong = wrong or [name for name, value in state.items() if value.shape != wanted[name].shape]
    if wrong:
        raise WeightsError(f"{path} is not a RAFT of torchvision or of its authors: it differs in {wrong[:3]}")
    if not all(value.isfinite().all() for value in state.values()):
        raise WeightsError(f"{path} is damaged: some of its weights are not finite")
    network.load_state_dict({name: value.to(wanted[name].dtype) for name, value in state.items()})
    return Raft(network, updates)


def _read(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """The tensors of a weight file, and its metadata if it is a safetensors file."""
    try:
        if path.suffix == ".safetensors":
            with safe_open(path, framework="pt") as file:
                return {name: file.get_tensor(name) for name in file.keys()}, file.metadata() or {}  # noqa: SIM118
        arrays = read_checkpoint(path.read_bytes())
    except OSError as error:
        raise WeightsError(f"can't read {path}: {error.strerror or error}") from error
    except (SafetensorError, WeightsError, TypeError, RuntimeError) as error:
        raise WeightsError(f"{path}: {str(error).partition(chr(10))[0]}") from error
    return {name: torch.from_numpy(array) for name, array in arrays.items()}, {}
