"""The device of the tensors, and the precision that it computes losses in."""

import torch

from steadyface.errors import InputError


def choose_device(name: str) -> torch.device:
    """``auto`` takes a GPU when there is one. Raises `InputError` for a device that this machine doesn't have."""
    try:
        device = torch.device(("cuda" if torch.cuda.is_available() else "cpu") if name == "auto" else name)
        torch.zeros(1, device=device).item()
    except (RuntimeError, AssertionError, ImportError) as error:
        raise InputError(f"--device {name} can't be used on this machine; take auto or cpu") from error
    return device


def mixed_precision(device: torch.device) -> torch.autocast:
    """A context in which a GPU computes networks in bfloat16, and a CPU everything as it is."""
    return torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda")
