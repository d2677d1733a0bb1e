"""The named edits and styles: those that ship, and those that the user has added. Importing it doesn't import torch."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from steadyface.editing.card import EditCard
from steadyface.errors import InputError
from steadyface.runtime.files import digest, safetensors_content, safetensors_metadata, user_folder

if TYPE_CHECKING:
    from steadyface.editing.edit import CodeEdit
    from steadyface.editing.style import Style

KEY = "steadyface.edit"
"""Key of the card in a file's metadata."""
SHIPPED = Path(__file__).resolve().parents[1] / "weights" / "edits"
STYLES = SHIPPED.with_name("styles")
MAPPERS = SHIPPED.with_name("mappers")
STRENGTHS = (-3.0, 3.0)


@dataclass(frozen=True)
class Request:
    """An edit as the user asks for it: ``NAME`` or ``NAME:STRENGTH``, NAME may be a file."""

    name: str
    strength: float = 1.0

    @classmethod
    def parse(cls, text: str) -> "Request":
        """Read ``eyeglasses``, ``age:-0.5`` or ``mine.safetensors:1.2``. Raises `InputError` for a bad strength."""
        name, colon, strength = text.rpartition(":")
        if not colon or text.endswith(".safetensors"):  # the colon of C:\edits\mine.safetensors is a drive's
            return cls(text)
        try:
            value = float(strength)
        except ValueError:
            raise InputError(f"the strength of --edit {text} is not a number; write it like {name}:0.8") from None
        low, high = STRENGTHS
        if not low <= value <= high:
            raise InputError(f"the strength of --edit {text} is outside {low:g} to {high:g}")
        return cls(name, value)

    def __str__(self) -> str:
        return f"{self.name}:{self.strength:g}"


def folders() -> list[Path]:
    """Where edits are looked for: the package's, then the user's (``$STEADYFACE_EDITS`` or the data folder)."""
    return [SHIPPED, STYLES, MAPPERS, user_folder("edits", "STEADYFACE_EDITS")]


def named_edits() -> dict[str, Path]:
    """Name -> file of every edit that is found."""
    return {path.stem: path for folder in folders() for path in sorted(folder.glob("*.safetensors"))}


def read_card(path: Path) -> EditCard:
    """The card of an edit, read from the file's header alone. Raises `InputError` when it is something else."""
    try:
        return EditCard.parse(safetensors_metadata(path)[KEY])
    except (KeyError, ValueError, TypeError) as error:
        raise InputError(f"{path} is not an edit of steadyface (a safetensors file with a card)") from error


@dataclass(frozen=True)
class EditContent:
    """An edit's file, identified by what the edit does. The wording of its card doesn't matter."""

    path: Path

    def fingerprint(self) -> str:
        """Short hash of its tensors, and of what the card says about its effect. Raises `InputError`."""
        card = read_card(self.path)
        others = {key: said for key, said in safetensors_metadata(self.path).items() if key != KEY}
        return digest(safetensors_content(self.path), others, card.effect, card.attribute, card.model)


def find(request: Request) -> Path:
    """The file of a requested edit. Raises `InputError` that names the known ones."""
    edits = named_edits()
    if request.name in edits:
        return edits[request.name]
    path = Path(request.name)
    if path.suffix == ".safetensors" and path.is_file():
        return path
    raise InputError(f"unknown edit '{request.name}'; known: {', '.join(sorted(edits))}, or a .safetensors file")


def is_style(request: Request) -> bool:
    """Whether a requested edit changes the generator (out of domain) instead of the codes."""
    return bool(read_card(find(request)).model)


def load(request: Request) -> "CodeEdit":
    """Load a requested edit of codes, a direction, a mapper or the codes of a clip, at its strength."""
    from steadyface.editing import codes, mapper
    from steadyface.editing.edit import Edit

    path = find(request)
    kind = safetensors_metadata(path).get("kind")
    if kind == codes.KIND["kind"]:
        return codes.GivenCodes.load(path).times(request.strength)
    if kind == mapper.KIND["kind"]:
        return mapper.MapperEdit.load(path).times(request.strength)
    return Edit.load(path).times(request.strength)


def load_style(request: Request) -> "Style":
    """Load a requested style at its strength."""
    from dataclasses import replace

    from steadyface.editing.style import Style

    return replace(Style.load(find(request)), strength=request.strength)
