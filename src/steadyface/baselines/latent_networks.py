"""The Latent Transformers by name: those that ship, and the authors' files. Importing it doesn't import torch."""

from pathlib import Path
from typing import TYPE_CHECKING

from steadyface.editing import catalogue
from steadyface.editing.catalogue import Request
from steadyface.errors import InputError

if TYPE_CHECKING:
    from steadyface.baselines.latent_transformer import LatentEdit

SHIPPED = catalogue.SHIPPED.with_name("latent-transformer")

# The order is CelebA's (Liu et al. 2015). A published file's name has the number, from 0, of the attribute it edits.
CELEBA = (
    "5_o_Clock_Shadow", "Arched_Eyebrows", "Attractive", "Bags_Under_Eyes", "Bald", "Bangs", "Big_Lips", "Big_Nose",
    "Black_Hair", "Blond_Hair", "Blurry", "Brown_Hair", "Bushy_Eyebrows", "Chubby", "Double_Chin", "Eyeglasses",
    "Goatee", "Gray_Hair", "Heavy_Makeup", "High_Cheekbones", "Male", "Mouth_Slightly_Open", "Mustache", "Narrow_Eyes",
    "No_Beard", "Oval_Face", "Pale_Skin", "Pointy_Nose", "Receding_Hairline", "Rosy_Cheeks", "Sideburns", "Smiling",
    "Straight_Hair", "Wavy_Hair", "Wearing_Earrings", "Wearing_Hat", "Wearing_Lipstick", "Wearing_Necklace",
    "Wearing_Necktie", "Young",
)  # fmt: skip

_MEANT: dict[str, tuple[str, int]] = {
    "eyeglasses": ("Eyeglasses", 1),
    "smile": ("Smiling", 1),
    "gender": ("Male", 1),
    "age": ("Young", -1),
    "beard": ("No_Beard", -1),
}
"""Our edits -> the attribute of CelebA that they correspond to, and the sign of alpha."""


def own_folder() -> Path:
    """The folder for the authors' files: ``latent-transformer`` in the folder of the user's edits."""
    return catalogue.folders()[-1] / "latent-transformer"


def official_file(folder: Path, attribute: str) -> Path | None:
    """The authors' file of a CelebA attribute, ``tnet_15.pth.tar`` or ``tnet_Eyeglasses.pth.tar``; None if not there.

    Raises `InputError` for an attribute that CelebA doesn't have.
    """
    lowered = [name.lower() for name in CELEBA]
    if attribute.lower() not in lowered:
        raise InputError(f"'{attribute}' is not an attribute of CelebA; those are {', '.join(CELEBA)}")
    number = lowered.index(attribute.lower())
    paths = [folder / f"tnet_{key}.pth.tar" for key in (number, CELEBA[number])]
    return next((path for path in paths if path.is_file()), None)


def named_networks() -> dict[str, Path]:
    """Name of an edit -> the file of its network. The authors' files are preferred to ours."""
    found = {path.stem: path for path in sorted(SHIPPED.glob("*.safetensors"))}
    official = {name: official_file(own_folder(), attribute) for name, (attribute, _) in _MEANT.items()}
    return found | {name: path for name, path in official.items() if path}


def find(request: Request) -> Path:
    """The file of the network for a requested edit. Raises `InputError` that names the edits that have one."""
    networks = named_networks()
    if request.name not in networks:
        raise InputError(
            f"the Latent Transformer has no network for '{request.name}'; it has them for {', '.join(sorted(networks))}"
        )
    return networks[request.name]


def load(request: Request) -> "LatentEdit":
    """Load the network for a requested edit at its strength."""
    from dataclasses import replace

    from steadyface.baselines.latent_transformer import LatentEdit, load_official

    path = find(request)
    if path.suffix == ".safetensors":
        return replace(LatentEdit.load(path), strength=request.strength)
    sign = _MEANT[request.name][1]
    card = catalogue.load(Request(request.name)).card
    return LatentEdit(card, load_official(path), sign * request.strength)
