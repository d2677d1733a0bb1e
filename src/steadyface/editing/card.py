"""What a user should know about an edit: the card in its file's metadata. Importing it doesn't import torch."""

import json
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal, Self, get_args

from steadyface.faces.parts import Part

Region = tuple[float, float, float, float]
"""Top, bottom, left, right as fractions of the crop's side. In aligned crops, eyes and mouth have fixed places."""

EVERYWHERE: Region = (0.0, 1.0, 0.0, 1.0)

Outline = Literal["ignored", "included", "margin", "ears", "inside"]
"""How an edit uses the face's outline, brows to chin. "included": the face is added to the box, which may end above
the chin. "margin": the edit ends a little beyond the outline, as a beard does; long hair, neck and collar beside it
are excluded. "ears": it ends where the ears begin, as the arms of eyeglasses do. "inside": it ends
just within the outline, as an edit that moves the jaw must."""


@dataclass(frozen=True)
class Effect:
    """Where in an aligned crop an edit acts, and how."""

    region: Region = EVERYWHERE
    """The box in which the edit acts; what it changes elsewhere is a side effect, and left out."""
    outline: Outline = "ignored"
    preserved_parts: tuple[Part, ...] = ()
    """Parts of the face that are taken from the input: the edit is not meant to change them, except in shade."""
    preserves_lip_opening: bool = False
    """Whether lips must stay as far apart as in the input."""
    overlay: bool = False
    """Whether it lies on the face and moves nothing, as eyeglasses do: what it changes can be added to any frame."""

    @property
    def extends_past_crop(self) -> bool:
        """Whether the edit is meant to continue past the crop, as one of hair or of the whole picture is. What an edit
        of the mouth does at the crop's lower border, where collars are, is a side effect."""
        return self.region[0] == 0

    @classmethod
    def of(cls, said: dict[str, Any]) -> Self:
        """Read it from a card. Words that mean nothing here, as of another version, are left out.

        Raises `TypeError` or `ValueError` for invalid content.
        """
        said = {name: value for name, value in said.items() if name in {each.name for each in fields(cls)}}
        top, bottom, left, right = (float(edge) for edge in said.get("region", EVERYWHERE))
        if not (0 <= top < bottom <= 1 and 0 <= left < right <= 1):
            raise ValueError("an edit's region is top, bottom, left, right in [0, 1]")
        parts = tuple(said.get("preserved_parts", ()))
        if not set(parts) <= set(get_args(Part)):
            raise ValueError(f"an edit preserves {' or '.join(get_args(Part))}")
        if said.get("outline", "ignored") not in get_args(Outline):
            raise ValueError(f"an edit's outline is {' or '.join(get_args(Outline))}")
        flags = {each.name: bool(said.get(each.name, False)) for each in fields(cls) if each.type is bool}
        return cls(**{**said, **flags, "region": (top, bottom, left, right), "preserved_parts": parts})


@dataclass(frozen=True)
class EditCard:
    """What a user should know about an edit."""

    name: str
    description: str
    attribute: str = ""
    """The score that measures its strength."""
    opposite: str = ""
    """What a negative strength does; empty if negative strengths are not meant to be used."""
    licence: str = "Apache-2.0"
    trained_on: str = ""
    model: str = ""
    """The generator that a style is for; empty for an edit of codes, which fits every generator of one W space."""
    effect: Effect = field(default_factory=Effect)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a card from a file's metadata. Raises `TypeError` or `ValueError` when it isn't one."""
        said = dict(json.loads(text))
        return cls(**{**said, "effect": Effect.of(dict(said.get("effect", {})))})

    def written(self) -> str:
        """The card as text for a file's metadata; `parse` reads it."""
        return json.dumps(asdict(self))
