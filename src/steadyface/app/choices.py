"""What can be chosen on the page, and the choice."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from steadyface.editing import catalogue
from steadyface.errors import InputError
from steadyface.gan.models import MODELS
from steadyface.job import FrameRange

PRESETS = ("default", "fast")
STRONGEST = 1.5
"""The dial's end; what `--edit NAME:STRENGTH` allows beyond it seldom looks like a photograph."""
MODEL = next(iter(MODELS))


@dataclass(frozen=True)
class Option:
    """An edit with its dial."""

    name: str
    description: str
    opposite: str
    """What a strength below 0 does; empty: the dial begins at 0."""

    @property
    def least(self) -> float:
        """Where the dial begins."""
        return -STRONGEST if self.opposite else 0.0

    @property
    def says(self) -> str:
        """What is written at the dial."""
        return self.description + (f"; below 0 {self.opposite}" if self.opposite else "")


@dataclass(frozen=True)
class Choice:
    """What is to be done with a clip."""

    edits: tuple[catalogue.Request, ...]
    preset: str
    frames: FrameRange
    face: int


def options() -> list[Option]:
    """The named edits that the page's generator can make, by name; files that are no edits are left out."""
    found = []
    for name, path in sorted(catalogue.named_edits().items()):
        try:
            card = catalogue.read_card(path)
        except InputError:
            continue
        if card.get("model", "") in ("", MODEL):
            found.append(Option(name, card.get("description", ""), card.get("opposite", "")))
    return found


def requests(names: Sequence[str], strengths: Mapping[str, float]) -> tuple[catalogue.Request, ...]:
    """The chosen edits at their strengths (1 unless given). Raises `InputError` for none, or for one that isn't named.

    Unlike the command line, the page takes no files: only names.
    """
    known = {option.name for option in options()}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise InputError(f"unknown edit '{unknown[0]}'; known: {', '.join(sorted(known))}")
    if not names:
        raise InputError("choose an edit first")
    return tuple(catalogue.Request.parse(f"{name}:{strengths.get(name, 1.0):g}") for name in names)
