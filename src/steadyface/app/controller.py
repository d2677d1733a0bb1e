"""What the page's buttons do, with plain values: the page only shows the results."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from steadyface.app import choices
from steadyface.app.clips import Clip, frame_range, take
from steadyface.app.job_queue import JobQueue, Status
from steadyface.app.limits import Limits
from steadyface.app.playable import playable
from steadyface.app.run_store import RESULTS, Kept, RunStore
from steadyface.errors import InputError

if TYPE_CHECKING:
    from steadyface.app.preview import Preview, Previewer
    from steadyface.preview.people import FoundPeople


@dataclass(frozen=True)
class Wish:
    """The values of the page's controls."""

    edits: tuple[str, ...]
    strengths: Mapping[str, float] = field(default_factory=dict)
    preset: str = "fast"
    first: float | None = 0
    last: float | None = None
    """First and last frame, both included."""
    face: int = 1


@dataclass(frozen=True)
class Shown:
    """A finished run's files."""

    edited: Path
    compare: Path
    """``edited`` and ``compare`` are in a format that browsers play."""
    download: Path
    report: Path


class Controller:
    """Everything behind the page."""

    def __init__(self, store: RunStore, queue: JobQueue, limits: Limits) -> None:
        self.store = store
        self.queue = queue
        self.limits = limits

    @cached_property
    def _previewer(self) -> "Previewer":
        from steadyface.app.preview import Previewer  # imports torch

        return Previewer()

    def take(self, upload: str | Path) -> Clip:
        """Accept an upload. Raises `InputError` when it can't be edited or is beyond the limits."""
        return take(Path(upload), self.limits)

    def faces(
        self,
        clip: Clip | None,
        first: float | None,
        last: float | None,
        known: "FoundPeople | None" = None,
        seen: Callable[[int, int], None] = lambda *_: None,
    ) -> "FoundPeople":
        """The faces in a part of the clip; ``known`` is returned if it is for that part."""
        clip = _chosen(clip)
        frames = frame_range(clip, first, last)
        if known is not None and known.frames == frames:
            return known
        from steadyface.preview.people import people_of  # imports torch

        return people_of(clip.path, frames, seen)

    def preview(self, clip: Clip | None, found: "FoundPeople | None", wish: Wish, index: float) -> "Preview":
        """Edit one frame; ``index`` is its number in the clip."""
        requests = choices.requests(wish.edits, wish.strengths)
        clip = _chosen(clip)
        found = self.faces(clip, wish.first, wish.last, found)
        return self._previewer.show(clip, found, wish.face, int(index), requests)

    def order(self, clip: Clip | None, found: "FoundPeople | None", wish: Wish) -> str:
        """Start a run or queue it; returns its name."""
        requests = choices.requests(wish.edits, wish.strengths)
        if wish.preset not in choices.PRESETS:
            raise InputError(f"unknown preset '{wish.preset}'; known: {', '.join(choices.PRESETS)}")
        clip = _chosen(clip)
        found = self.faces(clip, wish.first, wish.last, found)
        found.person(wish.face)
        name = self.store.put(clip, choices.Choice(requests, wish.preset, found.frames, wish.face))
        self.queue.order(name)
        return name

    def result(self, name: str) -> Shown | None:
        """The files of a run, ready to be shown; None before it is finished."""
        files = self.store.results(name)
        if files is None:
            return None
        edited, compare, report = (files[result] for result in RESULTS)
        return Shown(playable(edited), playable(compare), edited, report)

    def earlier(self, most: int = 20) -> list[tuple[Kept, Status]]:
        """The latest runs and their status."""
        return [(run, self.queue.status(run.name)) for run in self.store.runs()[:most]]


def _chosen(clip: Clip | None) -> Clip:
    if clip is None:
        raise InputError("choose a video first")
    return clip
