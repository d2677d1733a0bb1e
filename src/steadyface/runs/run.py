"""The run folder: artefacts of finished stages, checkpoints of the unfinished one, the manifest.

An artefact is saved under a key, the digest of everything that it depends on. If the key is the same, the artefact is
read back instead of made again. Files are written beside and then renamed, so that none is ever incomplete.
"""

import json
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from safetensors import SafetensorError
from safetensors.torch import load, save_file
from torch import Tensor

from steadyface.errors import ResourceError
from steadyface.runtime.files import cannot_write, write_atomically
from steadyface.runtime.peak_memory import peak_memory_mb

Tensors = dict[str, Tensor]


@dataclass(frozen=True)
class StageCheckpoint:
    """Where an unfinished stage saves its state (`steadyface.runtime.optimise.Checkpoint`)."""

    path: Path
    key: str
    every_seconds: float = 20.0
    """A crash loses at most this much work. Saving a tuned generator takes a fraction of a second."""

    def load(self) -> tuple[int, Tensors] | None:
        """Return the steps done and the tensors of an earlier attempt at the same stage with the same key."""
        if not self.path.exists():
            return None
        try:
            tensors = _read(self.path)
        except SafetensorError:  # cut short by a power failure: begin again
            return None
        if bytes(tensors.pop("key").tolist()).decode() != self.key:
            return None
        return int(tensors.pop("step")), tensors

    def save(self, step: int, tensors: Mapping[str, Tensor]) -> None:
        """Save the state after ``step`` steps, completely or not at all."""
        import torch

        marks = {"step": torch.tensor(step), "key": torch.tensor(list(self.key.encode()), dtype=torch.uint8)}
        # clones, since a safetensors file can't hold two names for one storage
        state = {name: tensor.detach().clone().contiguous() for name, tensor in tensors.items()}
        write_atomically(self.path, lambda path: save_file({**state, **marks}, path))


@dataclass
class Run:
    """One output folder."""

    folder: Path
    announce: Callable[[str], None] = lambda _: None
    reuse: Sequence[Path] = ()
    """Other runs, whose finished stages are taken if their keys are the same."""
    save_every_seconds: float = StageCheckpoint.every_seconds
    """How often the state of an unfinished stage is saved."""
    manifest: dict[str, Any] = field(default_factory=lambda: {"stages": {}})

    @classmethod
    def open(cls, folder: Path, announce: Callable[[str], None] = lambda _: None, reuse: Sequence[Path] = ()) -> "Run":
        """Make or reopen the folder. Raises `ResourceError` when it can't be written."""
        run = cls(folder, announce, reuse)
        try:
            (folder / "state").mkdir(parents=True, exist_ok=True)
            probe = folder / f".writable.{os.getpid()}"
            probe.touch()
            probe.unlink()
        except OSError as error:
            raise cannot_write(folder, error) from error
        return run

    @contextmanager
    def locked(self, patience_seconds: float = 0.0) -> Iterator[None]:
        """Lock the folder for this process.

        Raises `ResourceError` when another process is writing into it and has not ended within ``patience_seconds``.
        The system releases the lock of a process that died.
        """
        lock = FileLock(self.folder / "state" / "lock", timeout=patience_seconds)
        try:
            lock.acquire()
        except Timeout as error:
            message = f"another run is writing into {self.folder}; wait for it or choose another --out"
            raise ResourceError(message) from error
        try:
            yield
        finally:
            lock.release()

    def stage(self, name: str, key: str, work: Callable[[StageCheckpoint], Tensors]) -> Tensors:
        """Return the tensors of a stage: read back if they were saved under the same key, else made now and saved."""
        data, _ = self._files(self.folder, name)
        for folder in (self.folder, *self.reuse):
            kept = _kept(*self._files(folder, name), key)
            if kept is not None:
                tensors, self.manifest["stages"][name] = kept
                if folder is not self.folder:
                    self._keep(name, *kept)
                return tensors
        self.announce(name)
        checkpoint = StageCheckpoint(data.with_suffix(".part.safetensors"), key, self.save_every_seconds)
        with _measured() as spent:
            tensors = {k: v.detach().cpu().clone().contiguous() for k, v in work(checkpoint).items()}
        self._keep(name, tensors, {"key": key, **spent})
        checkpoint.path.unlink(missing_ok=True)
        return tensors

    def has(self, name: str, key: str) -> bool:
        """Whether `stage` would read this stage back."""
        return any(_record(self._files(folder, name)[1], key) for folder in (self.folder, *self.reuse))

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        """Announce work whose outputs are not tensors, and add its time and memory to the manifest."""
        self.announce(name)
        with _measured() as spent:
            yield
        self.manifest["stages"][name] = spent

    def _keep(self, name: str, tensors: Tensors, kept: dict[str, Any]) -> None:
        data, record = self._files(self.folder, name)
        record.unlink(missing_ok=True)  # from here until the record is back, the stage counts as not done
        write_atomically(data, lambda path: save_file(tensors, path))
        self.write_json(record, kept)
        self.manifest["stages"][name] = kept

    @staticmethod
    def _files(folder: Path, name: str) -> tuple[Path, Path]:
        return folder / "state" / f"{name}.safetensors", folder / "state" / f"{name}.json"

    def path(self, *parts: str) -> Path:
        """A path inside the folder."""
        return self.folder.joinpath(*parts)

    def write_json(self, path: Path, content: Mapping[str, Any]) -> None:
        """Write a JSON file, completely or not at all."""
        text = json.dumps(content, indent=2, default=str) + "\n"
        write_atomically(path, lambda beside: beside.write_text(text, encoding="utf-8"))

    def write_manifest(self) -> None:
        """Write ``manifest.json``: settings, versions, hashes, and each stage's memory, wall-clock seconds and
        processor seconds."""
        self.write_json(self.path("manifest.json"), self.manifest)


def _read(path: Path) -> Tensors:
    """The tensors of a state file, read into memory.

    `load_file` would memory-map the file, and Windows doesn't let anyone replace or remove a mapped file.
    """
    return load(path.read_bytes())


def _kept(data: Path, record: Path, key: str) -> tuple[Tensors, dict[str, Any]] | None:
    """The tensors and the record of a finished stage, if the record exists and names this key."""
    try:
        kept = _record(record, key)
        return (_read(data), kept) if kept is not None else None
    except (OSError, SafetensorError):  # not there, or damaged: made again
        return None


def _record(path: Path, key: str) -> dict[str, Any] | None:
    """The record of a finished stage, if it names this key."""
    try:
        kept: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return kept if kept["key"] == key else None
    except (OSError, ValueError, KeyError):
        return None


@contextmanager
def _measured() -> Iterator[dict[str, float]]:
    """Wall-clock and processor seconds of the ``with`` body, and peak memory. Filled in when it ends."""
    spent: dict[str, float] = {}
    begun, worked = time.monotonic(), time.process_time()
    yield spent
    took = {"seconds": time.monotonic() - begun, "processor_seconds": time.process_time() - worked}
    spent |= {name: round(value, 1) for name, value in took.items()} | {"peak_memory_mb": peak_memory_mb()}
