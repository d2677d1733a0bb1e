"""The user's cache of converted weights: where it is, what it holds, and how a file is stored in it.

Every file has a receipt beside it, with its size and sha256. A file counts as stored only if it fits its receipt. The
receipt is written last, so that an interrupted write is never taken for a finished one.
"""

import errno
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import platformdirs
from filelock import FileLock

from steadyface.errors import ResourceError, WeightsError
from steadyface.zoo.cards import Card, Source


def directory() -> Path:
    """The folder of the weights: in ``$STEADYFACE_CACHE``, or in the user's cache folder of this system."""
    root = os.environ.get("STEADYFACE_CACHE") or platformdirs.user_cache_dir("steadyface", appauthor=False)
    return Path(root) / "weights"


def path_of(card: Card) -> Path:
    """Where the file of ``card`` is, or will be."""
    return directory() / card.filename


def _receipt_of(card: Card) -> Path:
    return path_of(card).with_suffix(".json")


def is_stored(card: Card) -> bool:
    """Whether the card's file exists, is complete by its size, and was made from the card's present source."""
    receipt = _read_receipt(card)
    if receipt is None:
        return False
    try:
        size = path_of(card).stat().st_size
    except OSError:
        return False
    return receipt == _receipt(card, str(receipt.get("sha256")), size)


def check(card: Card) -> None:
    """Read the card's whole file and compare it with its receipt; WeightsError if missing or damaged."""
    if not path_of(card).exists():
        raise WeightsError(f"{card.name} is not in {directory()}: run `steadyface models fetch {card.name}`")
    if is_stored(card):
        with path_of(card).open("rb") as file:
            actual = hashlib.file_digest(file, "sha256").hexdigest()
        if _read_receipt(card) == _receipt(card, actual, path_of(card).stat().st_size):
            return
    raise WeightsError(f"{path_of(card)} is damaged or out of date: run `steadyface models fetch {card.name} --force`")


def store(card: Card, content: bytes) -> None:
    """Store ``content`` as the card's file. A reader sees the old file or the new one, never a part of it."""
    digest = hashlib.sha256(content).hexdigest()
    receipt = json.dumps(_receipt(card, digest, len(content)), indent=1).encode()
    with disk_errors():
        _receipt_of(card).unlink(missing_ok=True)
        _replace(path_of(card), content)
        _replace(_receipt_of(card), receipt)


@contextmanager
def archive_place(source: Source) -> Iterator[Path]:
    """A path for the downloaded file of ``source``, locked for one process at a time and deleted afterwards.

    Waits for another process that has the lock. Raises ResourceError when the cache can't be written.
    """
    folder = directory()
    archive = folder / f"{source.filename}.part"
    with disk_errors():
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / f"{source.filename}.lock")
        lock.acquire()
    try:
        yield archive
    finally:
        with suppress(OSError):
            archive.unlink(missing_ok=True)
        lock.release()


@contextmanager
def disk_errors() -> Iterator[None]:
    """Turn the operating system's errors about the cache's disk into a ResourceError."""
    try:
        yield
    except OSError as error:
        # The exceptions of requests are OSErrors too, but without a number.
        if error.errno is None:
            raise
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            problem = "its disk is full: free some space"
        elif error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
            problem = "it is read-only: make it writable"
        else:
            problem = f"{error.strerror}: repair it"
        raise ResourceError(
            f"can't write weights to {directory()}: {problem} or point STEADYFACE_CACHE elsewhere"
        ) from error


def _receipt(card: Card, digest: str, size: int) -> dict[str, object]:
    return {
        "card": card.name,
        "revision": card.revision,
        "source_sha256": card.source.sha256,
        "sha256": digest,
        "size": size,
    }


def _read_receipt(card: Card) -> dict[str, object] | None:
    try:
        receipt = json.loads(_receipt_of(card).read_bytes())
    except (OSError, ValueError):
        return None
    return receipt if isinstance(receipt, dict) else None


def _replace(path: Path, content: bytes) -> None:
    beside = path.with_name(f"{path.name}.part")
    try:
        with beside.open("wb") as file:
            file.write(content)
            file.flush()
            # Without it a power cut can leave the new name on an empty file.
            os.fsync(file.fileno())
        os.replace(beside, path)
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
