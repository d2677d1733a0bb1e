"""Other programs' files made into models of this one, and back."""

from dataclasses import dataclass
from pathlib import Path

import torch

from steadyface.baselines.latent_networks import own_folder
from steadyface.errors import InputError, WeightsError
from steadyface.flow.raft_names import is_official
from steadyface.gan.checkpoints import card_of, read_stylegan2, save_stylegan2, write_rosinality
from steadyface.gan.load import load_embedded, load_generator
from steadyface.gan.models import MODELS, W_SPACE, ModelCard, folder
from steadyface.gan.stylegan2 import StyleGAN2
from steadyface.zoo.convert import read_checkpoint

_NVIDIA = "Nvidia Source Code License-NC (non-commercial), if it is NVIDIA's file"
_UNKNOWN = "unknown: ask whoever made the file; what was trained with NVIDIA's code is non-commercial"
_SAMPLES, _ALIKE = 64, 0.05


@dataclass(frozen=True)
class Imported:
    """A model that has been made of a file."""

    path: Path
    kind: str
    """What the file was."""
    card: ModelCard


def import_model(path: Path, name: str | None = None, licence: str | None = None) -> Imported:
    """Read a generator of another program and keep it among the user's models. Nothing in the file is executed.

    Raises `InputError` for a name that is taken, `WeightsError` that says what the file is, or why it can't be read.
    """
    name = name or path.stem
    kept = folder() / f"{name}.safetensors"
    if name in MODELS or kept.exists() or not name.isprintable() or Path(name).name != name:
        raise InputError(f"a model can't be called '{name}' (taken, or not a name); choose another with --name")
    try:
        generator, kind = read_stylegan2(path)
    except WeightsError as error:
        if path.suffix == ".pkl" or (other := other_network(path)) is None:
            raise
        raise WeightsError(other) from error
    generator.w_space = w_space(generator)
    usual = _NVIDIA if "ADA" in kind else _UNKNOWN
    card = card_of(generator, f"{path.name}, {kind}", licence or usual)
    save_stylegan2(generator, card, kept)
    return Imported(kept, kind, card)


def export_model(name: str, out: Path) -> None:
    """Write a model for other programs: ``.pt`` as rosinality's, ``.safetensors`` with ADA's names.

    Raises `InputError` for another ending, and for the embedded models, which are no StyleGAN2.
    """
    generator = load_generator(name)
    if not isinstance(generator, StyleGAN2):
        raise InputError(f"{name} is a MobileStyleGAN: no other program reads it")
    if out.suffix == ".pt":
        write_rosinality(generator, out)
    elif out.suffix == ".safetensors":
        save_stylegan2(
            generator, card_of(generator, name, ModelCard.read(folder() / f"{name}.safetensors").licence), out
        )
    else:
        raise InputError(f"{out}: give a name that ends in .pt or .safetensors")


def other_network(path: Path) -> str | None:
    """What a checkpoint is that isn't a generator, and where it goes; None if that isn't known."""
    try:
        names = read_checkpoint(path.read_bytes())
    except WeightsError:
        return None
    if is_official(names) or any(key.startswith("feature_encoder.") for key in names):
        return f"{path} is a RAFT: give it to `steadyface eval OUT --flow {path}`"
    if path.name.startswith("tnet_"):
        return f"{path} is a network of the Latent Transformer: lay it into {own_folder()} and take its preset"
    return None


@torch.no_grad()
def w_space(generator: StyleGAN2) -> str:
    """`W_SPACE` if a generator maps z as the embedded ones do, empty otherwise."""
    embedded = load_embedded(next(iter(MODELS)))
    if (generator.z_dim, generator.w_dim) != (embedded.z_dim, embedded.w_dim):
        return ""
    z = torch.randn(_SAMPLES, embedded.z_dim, generator=torch.Generator().manual_seed(0))
    ours = embedded.mapping(z)
    difference = (generator.mapping(z) - ours).std() / ours.std()
    return W_SPACE if float(difference) < _ALIKE else ""
