"""The state of every job of a batch, saved in ``batch.json``, from which the same command resumes."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from steadyface.cluster.plan import BatchJob
from steadyface.runtime.files import file_sha256, write_atomically
from steadyface.stages.stage_list import INVERSION

State = Literal["waiting", "running", "done", "failed"]
FILE = "batch.json"


@dataclass
class Entry:
    """One job and its state."""

    planned: BatchJob
    state: State = "waiting"
    reason: str = ""
    """Why it, or its last attempt, failed; in one line."""
    stage: str = ""
    """The last stage that a worker has reported."""
    seconds: float = 0.0
    """Duration of all attempts together."""
    attempts: int = 0

    @property
    def name(self) -> str:
        """The job's name."""
        return self.planned.name

    @property
    def has_inversion(self) -> bool:
        """Whether other edits of the clip can reuse the inversion in this one's folder."""
        inverted = self.state == "done" or self.stage not in ("", *INVERSION)
        return inverted and (self.planned.out / "state").is_dir()

    def as_json(self) -> dict[str, Any]:
        """The job's entry in ``batch.json``."""
        job = self.planned.job
        return {
            "name": self.name,
            "input": str(job.source),
            "edits": [str(request) for request in job.edits],
            **{name: getattr(job, name) for name in ("preset", "frames", "face", "seed", "model", "inversion")},
            "out": str(self.planned.out),
            **{name: getattr(self, name) for name in ("state", "reason", "stage", "attempts")},
            "seconds": round(self.seconds, 1),
            "key": self.planned.key,
        }


class Ledger:
    """All jobs of a batch, in their order."""

    def __init__(self, folder: Path, plan: Sequence[BatchJob]) -> None:
        """Resume from ``batch.json``, for the same jobs. A job counts as done only if its files are intact."""
        self.folder = folder
        kept = _read(folder / FILE)
        self._entries = {planned.name: _taken_up(planned, kept.get(planned.name, {})) for planned in plan}
        self._clips: dict[str, list[Entry]] = {}
        for entry in self:
            self._clips.setdefault(entry.planned.clip, []).append(entry)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries.values())

    def __getitem__(self, name: str) -> Entry:
        return self._entries[name]

    def of(self, *states: State) -> list[Entry]:
        """The jobs in any of these states."""
        return [entry for entry in self if entry.state in states]

    def inversion_for(self, entry: Entry) -> Path | None:
        """The folder of another job of the same clip that has its inversion."""
        return next((other.planned.out for other in self._siblings(entry) if other.has_inversion), None)

    def next_to_start(self) -> Entry | None:
        """The first waiting job whose clip is inverted already, or is not being inverted by another job."""
        for entry in self.of("waiting"):
            inverting = any(other.state == "running" for other in self._siblings(entry))
            if entry.has_inversion or not inverting or self.inversion_for(entry):
                return entry
        return None

    def save(self) -> None:
        """Write ``batch.json``. Raises `ResourceError` when it can't be written."""
        text = json.dumps({"jobs": [entry.as_json() for entry in self]}, indent=2) + "\n"
        write_atomically(self.folder / FILE, lambda beside: beside.write_text(text, encoding="utf-8"))

    def _siblings(self, entry: Entry) -> Iterator[Entry]:
        return (other for other in self._clips[entry.planned.clip] if other is not entry)


def is_whole(folder: Path) -> bool:
    """Whether a run folder's videos exist and have the hashes that its manifest states."""
    try:
        outputs = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["outputs"]
        return all(file_sha256(folder / name) == sha for name, sha in outputs.items())
    except (OSError, ValueError, KeyError):
        return False


def _read(path: Path) -> dict[str, dict[str, Any]]:
    try:
        return {job["name"]: job for job in json.loads(path.read_text(encoding="utf-8"))["jobs"]}
    except (OSError, ValueError, KeyError, TypeError):  # missing or damaged: the run folders still have their stages
        return {}


def _taken_up(planned: BatchJob, kept: Mapping[str, Any]) -> Entry:
    """A job's entry when a batch resumes. Failed jobs are tried again, since the user may have fixed the cause; so are
    those that were running."""
    if kept.get("key") != planned.key:
        return Entry(planned)
    done = kept["state"] == "done" and is_whole(planned.out)
    entry = Entry(planned, stage=kept["stage"], seconds=kept["seconds"], attempts=kept["attempts"])
    entry.state = "done" if done else "waiting"
    return entry
