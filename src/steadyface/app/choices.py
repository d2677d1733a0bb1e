"""The options that the page offers, and the user's choice."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from steadyface.config.job import FrameRange
from steadyface.editing import catalogue
from steadyface.errors import InputError
from steadyface.gan.models import MODELS

PRESETS = ("default", "fast")
STRONGEST = 1.5
"""Maximum of a strength slider. Larger strengths, which `--edit NAME:STRENGTH` allows, seldom look photographic."""
MODEL = next(iter(MODELS))


@dataclass(frozen=True)
class Option:
    """An edit with its strength slider."""

    name: str
    description: str
    opposite: str
    """What a strength below 0 does; empty if the slider begins at 0."""

    @property
    def least(self) -> float:
        """Minimum of the slider."""
        return -STRONGEST if self.opposite else 0.0

    @property
    def says(self) -> str:
        """The slider's label."""
        return self.description + (f"; below 0 {self.opposite}" if self.opposite else "")


@dataclass(frozen=True)
class Choice:
    """What the user wants to be done with a clip."""

    edits: tuple[catalogue.Request, ...]
    preset: str
    frames: FrameRange
    face: int


def options() -> list[Option]:
    """The named edits that work with the page's generator, sorted by name; files that are not edits are left out."""
    found = []
    for name, path in sorted(catalogue.named_edits().items()):
        try:
            card = catalogue.read_card(path)
        except InputError:
            continue
        if card.model in ("", MODEL):
            found.append(Option(name, card.description, card.opposite))
    return found


def requests(names: Sequence[str], strengths: Mapping[str, float]) -> tuple[catalogue.Request, ...]:
    """The chosen edits at their strengths (1 unless given). Raises `InputError` for no edit or an unknown name.

    Unlike the command line, the page accepts only names, no files.
    """
    known = {option.name for option in options()}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise InputError(f"unknown edit '{unknown[0]}'; known: {', '.join(sorted(known))}")
    if not names:
        raise InputError("choose an edit first")
    return tuple(catalogue.Request.parse(f"{name}:{strengths.get(name, 1.0):g}") for name in names)
