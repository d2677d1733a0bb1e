"""The jobs of a batch, read from a table or a folder, and which of them share an inversion."""

import csv
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path

from steadyface import __version__
from steadyface.config.job import (
    Job,
    check_request,
    edit_file,
    parse_frames,
    preset_of,
)
from steadyface.editing.catalogue import Request
from steadyface.errors import InputError
from steadyface.runtime.files import digest, stamp
from steadyface.stages.stage_list import INVERSION, STAGES

REQUIRED = ("input", "edit")
COLUMNS = (*REQUIRED, "out", "preset", "frames", "face", "seed", "model", "inversion")
VIDEOS = frozenset(
    (".3gp", ".avi", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".mts", ".ogv", ".ts", ".webm", ".wmv")
)


@dataclass(frozen=True)
class BatchJob:
    """One job of a batch and its folder. Paths are absolute, since workers can have another working directory."""

    name: str
    """The folder, relative to the batch's own."""
    job: Job
    out: Path

    @cached_property
    def key(self) -> str:
        """Digest of everything that was requested, and of size and time of the source and the edits' files."""
        preset = preset_of(self.job)
        files = [self.job.source, *(edit_file(request, preset) for request in self.job.edits)]
        return digest(__version__, asdict(self.job), asdict(preset), [_stamp(path) for path in files])

    @cached_property
    def clip(self) -> str:
        """Equal for jobs that share an inversion: digest of the settings of its stages, with files by their paths."""
        preset = preset_of(self.job)
        return digest([repr(stage.settings(self.job, preset)) for stage in STAGES if stage.name in INVERSION])


def read_plan(source: Path, edits: Sequence[str], like: Job, out: Path) -> list[BatchJob]:
    """The jobs of a table, or of a folder of videos times ``edits``. ``like`` has the values that a job doesn't state.

    Each job writes into its own folder, ``<clip>_<edits>`` below ``out`` unless the table names another. Raises
    `InputError`, with the line of a table, for everything that can be checked without opening the videos.
    """
    source, out = source.absolute(), out.absolute()
    if source.is_dir():
        plan = list(_from_folder(source, edits, like, out))
    elif edits:
        raise InputError("--edit is for a folder of videos; a table has a column `edit`")
    else:
        plan = list(_from_table(source, like, out))
    taken: dict[str, BatchJob] = {}
    for each in plan:
        # on some systems, names that differ only in upper and lower case are the same folder
        other = taken.setdefault(each.name.casefold() if sys.platform in ("win32", "darwin") else each.name, each)
        if other is not each:
            raise InputError(
                f"{other.job.source} and {each.job.source} would both write into {each.out}; "
                "write a table with a column `out`, or rename one of them"
            )
    return plan


def folder_name(job: Job) -> str:
    """``talk_eyeglasses``, ``talk_age-0.8_smile``: the clip, and the edits with the strengths that aren't 1."""
    parts = [f"{Path(edit.name).stem}{'' if edit.strength == 1 else f'{edit.strength:+g}'}" for edit in job.edits]
    return "_".join([job.source.stem, *parts])


def _from_folder(folder: Path, edits: Sequence[str], like: Job, out: Path) -> Iterator[BatchJob]:
    if not edits:
        raise InputError(f"{folder} is a folder: say with --edit what to do with its videos")
    videos = sorted(path for path in folder.iterdir() if path.suffix.lower() in VIDEOS and path.is_file())
    if not videos:
        raise InputError(f"{folder}: there are no videos in this folder")
    for video in videos:
        for edit in edits:
            request = _file_in(Path.cwd(), Request.parse(edit))
            yield _checked(replace(like, source=video, edits=(request,)), out)


def _from_table(table: Path, like: Job, out: Path) -> Iterator[BatchJob]:
    try:
        # Spreadsheets put a byte order mark at the front of UTF-8.
        with table.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file, restkey="", restval="", skipinitialspace=True)
            _check_header(table, reader.fieldnames or ())
            rows = [(reader.line_num, row) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{table}: give a table of jobs (.csv) or a folder of videos ({_reason(error)})") from error
    for line, row in rows:
        try:
            if "" in row:
                raise InputError("there are more cells than the header has")
            cells = {column: cell.strip() for column, cell in row.items()}
            if any(cells.values()):
                yield _from_row(cells, table.parent, like, out)
        except InputError as error:
            raise InputError(f"{table}, line {line}: {error}") from error
    if not rows:
        raise InputError(f"{table}: there are no jobs below the header")


def _check_header(table: Path, header: Sequence[str]) -> None:
    unknown = [column for column in header if column not in COLUMNS]
    missing = [column for column in REQUIRED if column not in header]
    if unknown or missing:
        wrong = f"unknown column '{unknown[0]}'" if unknown else f"no column '{missing[0]}'"
        known = f"the columns are {', '.join(COLUMNS)}, and {' and '.join(REQUIRED)} must be there"
        raise InputError(f"{table}: {wrong}; {known}")


def _from_row(cells: Mapping[str, str], beside: Path, like: Job, out: Path) -> BatchJob:
    for column in REQUIRED:
        if not cells[column]:
            raise InputError(f"the cell `{column}` is empty")
    edits = tuple(_file_in(beside, Request.parse(text.strip())) for text in cells["edit"].split("+"))
    job = replace(
        like,
        source=beside / cells["input"],
        edits=edits,
        frames=parse_frames(cells["frames"]) if cells.get("frames") else like.frames,
        face=_whole(cells, "face") if cells.get("face") else like.face,
        seed=_whole(cells, "seed") if cells.get("seed") else like.seed,
        preset=cells.get("preset") or like.preset,
        model=cells.get("model") or like.model,
        inversion=cells.get("inversion") or like.inversion,
    )
    return _checked(job, out, beside / cells["out"] if cells.get("out") else None)


def _checked(job: Job, out: Path, own: Path | None = None) -> BatchJob:
    check_request(job)
    folder = own or out / folder_name(job)
    return BatchJob(_seen_from(out, folder), job, Path(os.path.normpath(folder)))


def _seen_from(out: Path, folder: Path) -> str:
    try:
        return Path(os.path.relpath(folder, out)).as_posix()
    except ValueError:  # on another drive
        return folder.as_posix()


def _file_in(folder: Path, request: Request) -> Request:
    """An edit that is a file, with its absolute path. Paths in a table are relative to the table, as for videos."""
    path = folder / request.name
    return replace(request, name=str(path)) if path.suffix == ".safetensors" else request


def _whole(cells: Mapping[str, str], column: str) -> int:
    try:
        return int(cells[column])
    except ValueError:
        raise InputError(f"{column} '{cells[column]}' is not a whole number") from None


def _stamp(path: Path) -> list[int]:
    try:
        return list(stamp(path))
    except OSError:  # the worker reports it with a better message
        return []


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or "this is not a table in UTF-8"
