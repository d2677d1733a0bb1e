"""The generators by name; importing it doesn't import torch."""

from steadyface.errors import InputError

MODELS = {"mobile-ffhq-256": 256, "mobile-ffhq-1024": 1024}
"""Name -> side of the pictures in pixels; the first is the default."""


def resolution_of(name: str) -> int:
    """Side of a generator's pictures in pixels. Raises `InputError` for an unknown name."""
    if name not in MODELS:
        raise InputError(f"unknown model '{name}'; known: {', '.join(MODELS)}")
    return MODELS[name]
