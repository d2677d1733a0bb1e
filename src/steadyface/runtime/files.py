"""Files that are written completely or not at all, and digests. Importing it doesn't import torch."""

import errno
import hashlib
import json
import os
import struct
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any

from platformdirs import user_data_path
from safetensors import SafetensorError

from steadyface.errors import ResourceError

BUSY_SECONDS = 2.0
"""How long to retry when Windows refuses to rename a file that another program has open."""


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def sha256_of(path: Path) -> str:
    """Of a file `file_sha256`; of a folder SHA-256 of its files' names and hashes."""
    if not path.is_dir():
        return file_sha256(path)
    lines = (f"{file_sha256(each)}  {each.name}\n" for each in sorted(path.iterdir()) if each.is_file())
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def user_folder(name: str, variable: str) -> Path:
    """A folder of the user's own files: from the environment ``variable`` if it is set, else in the data folder."""
    own = os.environ.get(variable)
    return Path(own) if own else user_data_path("steadyface") / name


def safetensors_metadata(path: Path) -> dict[str, str]:
    """The metadata of a safetensors file, from its header alone. Raises `ValueError` when it is something else."""
    header, _ = _safetensors_header(path)
    return dict(header.get("__metadata__", {}))


def safetensors_content(path: Path) -> str:
    """A hash of the arrays of a safetensors file and their names. Raises `ValueError` when it is something else."""
    header, length = _safetensors_header(path)
    named = {name: entry for name, entry in header.items() if name != "__metadata__"}
    total = hashlib.sha256(json.dumps(named, sort_keys=True).encode())
    with path.open("rb") as file:
        file.seek(8 + length)
        total.update(file.read())
    return total.hexdigest()


def _safetensors_header(path: Path) -> tuple[dict[str, Any], int]:
    """The header, and its length in bytes."""
    try:
        with path.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            header = json.loads(file.read(min(length, 2**20)))
        if not isinstance(header, dict) or not isinstance(header.get("__metadata__", {}), dict):
            raise TypeError("no header")
        return header, length
    except (OSError, struct.error, AttributeError, TypeError) as error:
        raise ValueError(f"{path} is not a safetensors file") from error


@dataclass(frozen=True)
class FileContent:
    """A file, or a folder of files, identified by its bytes: `digest` uses their hash, and not the path."""

    path: Path

    def fingerprint(self) -> str:
        """SHA-256 of the bytes, cached while the file's size and time stay the same."""
        return _sha256_of(self.path, *stamp(self.path))


def stamp(path: Path) -> tuple[int, int]:
    """Size and time of the last change (ns), by which a changed file is told; of a folder those of its files."""
    files = [each for each in path.iterdir() if each.is_file()] if path.is_dir() else [path]
    found = [each.stat() for each in files]
    return sum(each.st_size for each in found), max((each.st_mtime_ns for each in found), default=0)


@lru_cache(256)
def _sha256_of(path: Path, size: int, modified: int) -> str:
    return sha256_of(path)


def digest(*parts: object) -> str:
    """Short hash of values: the key of a stage, or of a job.

    A dataclass counts by its fields, an object with a ``fingerprint`` method by its result. Raises `TypeError` for
    anything else that is neither a path, a fraction, nor JSON.
    """
    text = json.dumps(parts, sort_keys=True, default=_digestible)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _digestible(value: object) -> object:
    if hasattr(value, "fingerprint"):
        return value.fingerprint()
    if is_dataclass(value):
        return {each.name: getattr(value, each.name) for each in fields(value)}
    if isinstance(value, Path | Fraction):
        return str(value)
    raise TypeError(f"a key can't depend on a {type(value).__name__}")


def write_atomically(path: Path, write: Callable[[Path], object]) -> None:
    """Let ``write`` make a file beside ``path``, then rename it to ``path``.

    Raises `ResourceError` when the folder can't be written or the disk is full.
    """
    beside = path.with_name(f".{path.stem}.writing{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(beside)
        _put_in_place(beside, path)
    except (OSError, SafetensorError) as error:
        raise cannot_write(path, error) from error
    finally:
        beside.unlink(missing_ok=True)


def _put_in_place(beside: Path, path: Path) -> None:
    """Rename, with retries: a virus scanner may open a new file, and Windows doesn't rename a file that is open."""
    end = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            beside.replace(path)
            return
        except PermissionError:
            if sys.platform != "win32" or time.monotonic() > end:
                raise
            time.sleep(0.02)


def cannot_write(path: Path, error: Exception) -> ResourceError:
    """The error for the user when the system refuses to write ``path``."""
    # safetensors wraps the system's error into its own
    full = getattr(error, "errno", None) == errno.ENOSPC or "No space left" in str(error)
    reason = "the disk is full" if full else getattr(error, "strerror", None) or str(error)
    return ResourceError(f"can't write {path}: {reason}; choose another --out or free some space")
