"""Out-of-domain edits: what a style adds to a generator's weights, in a small file with a card."""

from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path

from torch import Tensor

from steadyface.editing.card import EditCard
from steadyface.editing.edit_file import EditFile
from steadyface.errors import InputError
from steadyface.gan.parameters import AnyGenerator

_PREFIX = "delta."


@dataclass(frozen=True)
class Style:
    """``weights + strength * delta``; strength 1 is the style as it is meant."""

    card: EditCard
    deltas: dict[str, Tensor]
    """Parameter name -> what is added to it at strength 1. Other parameters stay as they are."""
    strength: float = field(default=1.0)

    def __call__(self, generator: AnyGenerator) -> AnyGenerator:
        """Return a styled copy. Raises `InputError` for a generator of another architecture."""
        state = generator.state_dict()
        if any(key not in state or state[key].shape != delta.shape for key, delta in self.deltas.items()):
            raise InputError(f"the style {self.card.name} is for another generator; take --model {self.card.model}")
        styled = deepcopy(generator)
        changed = {key: state[key] + self.strength * delta.to(state[key]) for key, delta in self.deltas.items()}
        styled.load_state_dict({**state, **changed})
        return styled

    def save(self, path: Path) -> None:
        """Write the style, in half precision, and its card as one safetensors file."""
        EditFile(self.card, {_PREFIX + key: delta.half() for key, delta in self.deltas.items()}, {}).save(path)

    @classmethod
    def load(cls, path: Path) -> "Style":
        """Read a file that `save` wrote. Raises `InputError` when it is something else."""
        file = EditFile.load(path, "a style")
        return cls(file.card, {key.removeprefix(_PREFIX): delta for key, delta in file.tensors.items()})
