"""CLIP (Radford et al. 2021) as a critic of pictures: any model with its two encoders, such as open_clip's."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import torch
from torch import Tensor
from torch.nn import functional as F

from steadyface.errors import InputError, WeightsError

MEAN = (0.48145466, 0.4578275, 0.40821073)
DEVIATION = (0.26862954, 0.26130258, 0.27577711)
TEMPLATES = (
    "a photo of a {}.",
    "a face of a {}.",
    "a close-up of a {}.",
    "a rendering of a {}.",
    "a cropped picture of a {}.",
    "a bright picture of a {}.",
    "a dark picture of a {}.",
    "a good picture of a {}.",
)
"""A text's descriptor is the mean over these, as in Radford et al.: a word alone is a poor description."""


@dataclass(frozen=True)
class Clip:
    """The two encoders. Gradients reach the pictures; the model is not trained."""

    model: Any
    """With ``encode_image`` (N, 3, S, S) and ``encode_text``, both to (N, D)."""
    tokenise: Callable[[list[str]], Tensor]
    side: int = 224
    """S: the side in pixels of the pictures that it was trained on."""

    @classmethod
    def load(cls, name: str, weights: Path, device: torch.device | str = "cpu") -> Self:
        """Load a model of open_clip by its name ("ViT-B-32") with weights from the user's file.

        Raises `InputError` without open_clip, for an unknown name and without the file, `WeightsError` when the file
        doesn't fit.
        """
        try:
            import open_clip
        except ImportError:
            raise InputError('CLIP needs open_clip: pip install "steadyface[clip]"') from None
        if not weights.is_file():
            raise InputError(f"there is no file {weights}")
        if name not in open_clip.list_models():
            raise InputError(f"open_clip knows no model '{name}'")
        model = open_clip.create_model(name)
        try:
            open_clip.load_checkpoint(model, str(weights), weights_only=True)
        except Exception as error:  # the library raises whatever its readers do
            raise WeightsError(f"{weights} holds no weights of {name}: {str(error).splitlines()[0]}") from error
        size = model.visual.image_size
        model.eval().requires_grad_(False).to(device)
        return cls(model, open_clip.get_tokenizer(name), size if isinstance(size, int) else size[0])

    def images(self, pictures: Tensor) -> Tensor:
        """Unit descriptors (N, D) of pictures (N, 3, R, R) in [-1, 1]."""
        sized = (self.side, self.side)
        small = F.interpolate(pictures, sized, mode="bicubic", align_corners=False, antialias=True)
        mean, deviation = (pictures.new_tensor(values).view(1, 3, 1, 1) for values in (MEAN, DEVIATION))
        return F.normalize(self.model.encode_image(((small + 1) / 2 - mean) / deviation), dim=-1)

    @torch.no_grad()
    def text(self, words: str, templates: Sequence[str] = TEMPLATES) -> Tensor:
        """The unit descriptor (D,) of a text, the mean over ``templates``."""
        found = self.model.encode_text(self.tokenise([template.format(words) for template in templates]))
        return F.normalize(F.normalize(found, dim=-1).mean(0), dim=0)
