"""What the page's buttons do, on plain values: the page only shows the answers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from steadyface.app import choices
from steadyface.app.clips import Clip, frame_range, take
from steadyface.app.desk import Desk, Status
from steadyface.app.faces import FoundFaces, find_faces
from steadyface.app.limits import Limits
from steadyface.app.playable import playable
from steadyface.app.shelf import RESULTS, Kept, Shelf
from steadyface.errors import FaceError, InputError

if TYPE_CHECKING:
    from steadyface.app.preview import Preview, Previewer


@dataclass(frozen=True)
class Wish:
    """The page's controls as they are."""

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
    """Both as browsers play them."""
    download: Path
    report: Path


class Studio:
    """Everything behind the page."""

    def __init__(self, shelf: Shelf, desk: Desk, limits: Limits) -> None:
        self.shelf = shelf
        self.desk = desk
        self.limits = limits

    @cached_property
    def _previewer(self) -> "Previewer":
        from steadyface.app.preview import Previewer  # brings torch with it

        return Previewer()

    def take(self, upload: str | Path) -> Clip:
        """Accept an upload. Raises `InputError` when it can't be edited or is beyond the limits."""
        return take(Path(upload), self.limits)

    def faces(
        self,
        clip: Clip | None,
        first: float | None,
        last: float | None,
        known: FoundFaces | None = None,
        seen: Callable[[int, int], None] = lambda *_: None,
    ) -> FoundFaces:
        """The faces in a part of the clip; ``known`` is given back when it is of that part."""
        clip = _chosen(clip)
        frames = frame_range(clip, first, last)
        return known if known is not None and known.frames == frames else find_faces(clip, frames, seen)

    def preview(self, clip: Clip | None, found: FoundFaces | None, wish: Wish, index: float) -> "Preview":
        """Edit one frame, counted in the clip."""
        requests = choices.requests(wish.edits, wish.strengths)
        clip = _chosen(clip)
        found = self.faces(clip, wish.first, wish.last, found)
        return self._previewer.show(clip, found, wish.face, int(index), requests)

    def order(self, clip: Clip | None, found: FoundFaces | None, wish: Wish) -> str:
        """Begin a run, or put it in line; returns its name."""
        requests = choices.requests(wish.edits, wish.strengths)
        if wish.preset not in choices.PRESETS:
            raise InputError(f"unknown preset '{wish.preset}'; known: {', '.join(choices.PRESETS)}")
        clip = _chosen(clip)
        found = self.faces(clip, wish.first, wish.last, found)
        refuse_passing(found, wish.face)
        name = self.shelf.put(clip, choices.Choice(requests, wish.preset, found.frames, wish.face))
        self.desk.order(name)
        return name

    def result(self, name: str) -> Shown | None:
        """What a run has made, ready to be shown; None before it is finished."""
        files = self.shelf.results(name)
        if files is None:
            return None
        edited, compare, report = (files[result] for result in RESULTS)
        return Shown(playable(edited), playable(compare), edited, report)

    def earlier(self, most: int = 20) -> list[tuple[Kept, Status]]:
        """The latest runs and how it stands with them."""
        return [(run, self.desk.status(run.name)) for run in self.shelf.runs()[:most]]


def _chosen(clip: Clip | None) -> Clip:
    if clip is None:
        raise InputError("choose a video first")
    return clip


def refuse_passing(found: FoundFaces, face: int) -> None:
    """Raises `FaceError` for a face that a run would refuse too, after a while."""
    if not 1 <= face <= len(found.tracks):
        raise FaceError(f"there is no face {face}: {len(found.tracks)} found")
    if not found.lasts(face):
        track, start = found.tracks[face - 1], found.frames[0]
        raise FaceError(
            f"face {face} is not in all frames: choose frames {start + track.first} to {start + track.end - 1}, "
            "or another face"
        )
