"""Files that appear whole or not at all, and their digests; importing it doesn't import torch."""

import errno
import hashlib
import json
import os
import struct
from collections.abc import Callable
from pathlib import Path

from platformdirs import user_data_path
from safetensors import SafetensorError

from steadyface.errors import ResourceError


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def user_folder(name: str, variable: str) -> Path:
    """A folder of the user's own files: where the environment's ``variable`` says, or in the data folder."""
    own = os.environ.get(variable)
    return Path(own) if own else user_data_path("steadyface") / name


def safetensors_metadata(path: Path) -> dict[str, str]:
    """The metadata of a safetensors file, from its header alone. Raises `ValueError` when it is something else."""
    try:
        with path.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            header = json.loads(file.read(min(length, 2**20)))
        return dict(header.get("__metadata__", {}))
    except (OSError, struct.error, AttributeError, TypeError) as error:
        raise ValueError(f"{path} is not a safetensors file") from error


def digest(*parts: object) -> str:
    """Short hash of JSON-able values: the key of a stage, or of a job."""
    text = json.dumps(parts, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def write_atomically(path: Path, write: Callable[[Path], object]) -> None:
    """Let ``write`` make a file beside ``path``, then put it in its place.

    Raises `ResourceError` when the folder can't be written or the disk is full.
    """
    beside = path.with_name(f".{path.stem}.writing{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(beside)
        beside.replace(path)
    except (OSError, SafetensorError) as error:
        raise cannot_write(path, error) from error
    finally:
        beside.unlink(missing_ok=True)


def cannot_write(path: Path, error: Exception) -> ResourceError:
    """What to tell the user when the system refuses to write ``path``."""
    # safetensors wraps what the system says into an error of its own
    full = getattr(error, "errno", None) == errno.ENOSPC or "No space left" in str(error)
    reason = "the disk is full" if full else getattr(error, "strerror", None) or str(error)
    return ResourceError(f"can't write {path}: {reason}; choose another --out or free some space")
