"""The folder of runs: each run is a folder with the clip, the user's choice (``job.json``), and the run's files.

A run is looked up by its name among the existing ones, never by a path.
"""

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import file_digest
from pathlib import Path
from typing import Any

from steadyface.app.choices import Choice
from steadyface.app.clips import Clip
from steadyface.config.job import Job
from steadyface.editing import catalogue
from steadyface.errors import InputError, ResourceError
from steadyface.stages.stage_list import INVERSION

RESULTS = ("edited.mp4", "compare.mp4", "report.html")
_RECORD = "job.json"


@dataclass(frozen=True)
class Kept:
    """A run in the store."""

    name: str
    clip: str
    edits: tuple[str, ...]
    preset: str
    finished: bool
    ordered: datetime


def safe_name(text: str, otherwise: str = "clip") -> str:
    """Letters, digits, dashes and underscores of a text, at most 40, starting with a letter or digit."""
    return re.sub(r"[^A-Za-z0-9_]+", "-", text).strip("-_")[:40] or otherwise


class RunStore:
    """The folder of runs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()

    def make(self) -> None:
        """Make the folder. Raises `ResourceError` when it can't be."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ResourceError(f"can't write {self.folder}: {error.strerror}; choose another --runs") from error

    def put(self, clip: Clip, choice: Choice) -> str:
        """Store a new run and return its name. Raises `ResourceError` when the disk is full or can't be written."""
        edits = [str(request) for request in choice.edits]
        try:
            folder = self._new_folder(f"{safe_name(clip.path.stem)}_{safe_name('-'.join(edits), 'edit')}")
            source = folder / "source" / (safe_name(clip.path.stem) + _suffix(clip.path))
            source.parent.mkdir()
            shutil.copyfile(clip.path, source)
            with source.open("rb") as stream:
                sha256 = file_digest(stream, "sha256").hexdigest()
            record = {**asdict(choice), "edits": edits, "sha256": sha256, "ordered": datetime.now().isoformat()}
            # the record is written last, since a folder without one isn't a run
            (folder / _RECORD).write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
        except OSError as error:
            raise ResourceError(f"can't keep the clip: {error.strerror}; free some space") from error
        return folder.name

    def runs(self) -> list[Kept]:
        """All runs, latest first."""
        return sorted(self._kept(), key=lambda run: run.ordered, reverse=True)

    def path(self, name: str) -> Path:
        """The folder of a run. Raises `InputError` for anything but the name of an existing run."""
        if name not in {folder.name for folder in self._folders()}:
            raise InputError("there is no such run; reload the page")
        return self.folder / name

    def job(self, name: str) -> Job:
        """The job of a run. Raises `InputError` when its record is damaged."""
        folder = self.path(name)
        try:
            record = _record(folder)
            (source,) = (folder / "source").iterdir()
            start, stop = record["frames"]
            requests = tuple(catalogue.Request.parse(text) for text in record["edits"])
            return Job(source, requests, record["preset"], frames=(start, stop), face=record["face"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError(f"the run {name} is damaged: choose its clip again") from error

    def results(self, name: str) -> dict[str, Path] | None:
        """The files of a finished run by name; None before it is finished."""
        folder = self.path(name)
        files = {result: folder / result for result in RESULTS}
        # the manifest is written after the videos, and removed before they are made again
        done = (folder / "manifest.json").exists() and all(path.is_file() for path in files.values())
        return files if done else None

    def sibling(self, name: str) -> Path | None:
        """The latest other run of the same frames of the same clip whose inversion this one may reuse."""
        wanted = _record(self.path(name))
        same = ("sha256", "frames", "face", "preset")
        for run in self.runs():
            folder = self.folder / run.name
            if run.name != name and (folder / "state" / f"{INVERSION[-1]}.json").exists():
                record = _record(folder)
                if all(record.get(key) == wanted.get(key) for key in same):
                    return folder
        return None

    def _new_folder(self, name: str) -> Path:
        number = 1
        while True:
            folder = self.folder / (name if number == 1 else f"{name}_{number}")
            try:
                folder.mkdir()
                return folder
            except FileExistsError:
                number += 1

    def _folders(self) -> Iterator[Path]:
        if self.folder.is_dir():
            for folder in self.folder.iterdir():
                if not folder.is_symlink() and (folder / _RECORD).is_file():
                    yield folder

    def _kept(self) -> Iterator[Kept]:
        for folder in self._folders():
            try:
                record = _record(folder)
                clip = next((folder / "source").iterdir()).name
                ordered = datetime.fromisoformat(record["ordered"])
                finished = self.results(folder.name) is not None
                yield Kept(folder.name, clip, tuple(record["edits"]), record["preset"], finished, ordered)
            except (OSError, ValueError, KeyError, TypeError, StopIteration):
                continue  # damaged by hand: it can't be shown


def _record(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / _RECORD).read_text(encoding="utf-8")))


def _suffix(path: Path) -> str:
    return path.suffix.lower() if re.fullmatch(r"\.[A-Za-z0-9]{1,5}", path.suffix) else ""
