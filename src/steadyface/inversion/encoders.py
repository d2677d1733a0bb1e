"""Imported encoders by name; importing it doesn't import torch."""

from pathlib import Path

from steadyface.errors import InputError
from steadyface.gan.models import folder
from steadyface.runtime.files import safetensors_metadata

KEY = "steadyface.encoder"
"""Key of an encoder's card in its file's metadata."""


def encoder_folder() -> Path:
    """The folder of imported encoders, beside the user's models."""
    return folder() / "encoders"


def encoder_file(name: str) -> Path:
    """The file of an imported encoder, given by its name or path. Raises `InputError` that names the known ones."""
    known = {path.stem: path for path in sorted(encoder_folder().glob("*.safetensors"))}
    path = known.get(name, Path(name))
    try:
        if KEY in safetensors_metadata(path):
            return path
    except ValueError:
        pass
    there = f"known: {', '.join(known)}" if known else "none has been imported"
    raise InputError(f"unknown encoder '{name}'; {there} (`steadyface models import` reads e4e, pSp and ReStyle)")
