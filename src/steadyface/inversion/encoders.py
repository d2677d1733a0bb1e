"""The encoders that ship and imported ones, by name; importing it doesn't import torch."""

from pathlib import Path

from steadyface.errors import InputError
from steadyface.files import safetensors_metadata
from steadyface.gan.models import folder

KEY = "steadyface.encoder"
"""Where an encoder's card is in its file's metadata."""


def encoder_folder() -> Path:
    """Where imported encoders lie: beside the user's models."""
    return folder() / "encoders"


def encoders() -> dict[str, Path]:
    """The known encoders: those that ship, then the imported ones."""
    shipped = Path(__file__).parents[1] / "weights" / "encoders"
    return {path.stem: path for each in (shipped, encoder_folder()) for path in sorted(each.glob("*.safetensors"))}


def encoder_file(name: str) -> Path:
    """The file of an encoder, given by its name or path. Raises `InputError` that names the known ones."""
    known = encoders()
    path = known.get(name, Path(name))
    try:
        if KEY in safetensors_metadata(path):
            return path
    except ValueError:
        pass
    there = f"known: {', '.join(known)}" if known else "none has been imported"
    raise InputError(f"unknown encoder '{name}'; {there} (`steadyface models import` reads e4e, pSp and ReStyle)")
