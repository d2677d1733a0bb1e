"""Import other programs' files as models, edits, styles and encoders, and export models for them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch

from steadyface.baselines.latent_networks import own_folder
from steadyface.editing import catalogue, codes
from steadyface.editing.card import EditCard
from steadyface.editing.mapper import MapperEdit, read_official
from steadyface.editing.style import Style
from steadyface.errors import InputError, WeightsError
from steadyface.flow.raft_names import is_official
from steadyface.gan.checkpoints import card_of, load_stylegan2, read_stylegan2, save_stylegan2, write_rosinality
from steadyface.gan.load import load_embedded
from steadyface.gan.models import MODELS, W_SPACE, ModelCard, file_of, folder, imported
from steadyface.gan.stylegan2 import StyleGAN2
from steadyface.inversion import psp
from steadyface.inversion.encoders import encoder_folder
from steadyface.runtime.files import write_atomically
from steadyface.zoo.convert import read_torch

_NVIDIA = "Nvidia Source Code License-NC (non-commercial), if it is NVIDIA's file"
_UNKNOWN = "unknown: ask whoever made the file; what was trained with NVIDIA's code is non-commercial"
_SAMPLES, _ALIKE = 64, 0.05


@dataclass(frozen=True)
class Imported:
    """The result of an import."""

    path: Path
    kind: str
    """What the file was."""
    use: str
    """The command line options that use the result."""
    licence: str


def import_file(path: Path, name: str | None = None, licence: str | None = None) -> Imported:
    """Recognise another program's file and import it: a generator, a mapper, the codes of a clip, or an encoder.

    Nothing in the file is executed. Raises `InputError` for a name that is taken and when there is no file,
    `WeightsError` that says what the file is, or why it can't be read.
    """
    name = _free_name(path, name)
    try:
        generator, kind = read_stylegan2(path)
    except WeightsError as error:
        if path.suffix == ".pkl" or (tree := _tree_in(path)) is None:
            raise
        if (latents := codes.latents_in(tree, path)) is not None:
            return _keep_codes(latents, path, name, licence)
        names = _names_in(tree)
        if any(key.startswith("mapper.") for key in names):
            return _import_mapper(path, name, licence)
        if any(key.startswith("encoder.input_layer.") for key in names):
            return _import_encoder(path, name, licence)
        if (elsewhere := other_network(path, names)) is None:
            raise
        raise WeightsError(elsewhere) from error
    return _keep_generator(generator, kind, path, name, licence)


def import_style(path: Path, base: str, name: str | None = None, licence: str | None = None) -> Imported:
    """Import a StyleGAN2 that was tuned from the imported model ``base``, as StyleGAN-NADA does, as a style of it.

    The style is the difference of the weights. Raises the errors of `import_file`, and `InputError` when ``base`` is
    not an imported model or has other layers.
    """
    name, model = _free_name(path, name), file_of(base)
    if model is None:
        raise InputError(f"{base} is a MobileStyleGAN, which other programs don't tune; import the file's base first")
    (tuned, kind), state = read_stylegan2(path), load_stylegan2(model).state_dict()
    if {key: value.shape for key, value in tuned.state_dict().items()} != {k: v.shape for k, v in state.items()}:
        raise InputError(f"{path} has other layers than {base}: it was not tuned from it")
    # The mapping is left out: the codes of a clip are in the base's W space
    added = {key: value - state[key] for key, value in tuned.state_dict().items() if key.startswith("synthesis.")}
    card = EditCard(name, f"the style of {path.name}, {kind}", licence=licence or _UNKNOWN, model=base)
    kept = _keep_edit(Style(card, {key: delta for key, delta in added.items() if bool(delta.any())}))
    return Imported(kept, f"a style of {base}, from {kind}", f"--model {base} --edit {name}", card.licence)


def _free_name(path: Path, name: str | None) -> str:
    """The name of an import. Raises `InputError` when it is taken or can't be a file's name."""
    name = name or path.stem
    taken = {*MODELS, *imported(), *catalogue.named_edits(), *(path.stem for path in encoder_folder().glob("*"))}
    if name in taken or not _usable(name):
        raise InputError(f"nothing can be called '{name}' (taken, or not a name); choose another with --name")
    return name


def _usable(name: str) -> bool:
    return name.isprintable() and Path(name).name == name and name not in ("", ".", "..")


def _import_mapper(path: Path, name: str, licence: str | None) -> Imported:
    card = EditCard(name, f"a mapper of StyleCLIP, from {path.name}", licence=licence or _UNKNOWN)
    edit = MapperEdit(card, read_official(path))
    kept = _keep_edit(edit)
    kind = f"a mapper of StyleCLIP for {', '.join(sorted({key.partition('.')[0] for key in edit.state}))}"
    return Imported(kept, kind, f"--edit {name}", card.licence)


def _import_encoder(path: Path, name: str, licence: str | None) -> Imported:
    kept, licence = encoder_folder() / f"{name}.safetensors", licence or _UNKNOWN
    encoder = psp.read_official(path)
    psp.save_encoder(encoder, kept, licence)
    shape = encoder.network.shape
    return Imported(kept, f"an encoder {shape.kind} for {shape.rows} rows", f"--encoder {name}", licence)


def _keep_codes(latents: torch.Tensor, path: Path, name: str, licence: str | None) -> Imported:
    frames, rows, _ = latents.shape
    kind = f"edited codes of {frames} frames, {rows} rows each"
    card = EditCard(name, f"the {kind}, from {path.name}", licence=licence or _UNKNOWN)
    kept = _keep_edit(codes.GivenCodes(card, latents))
    return Imported(kept, kind, f"--edit {name}, on the clip that they are of", card.licence)


def _keep_edit(edit: MapperEdit | codes.GivenCodes | Style) -> Path:
    """Write an edit into the folder of the user's edits, under its name."""
    kept = catalogue.folders()[-1] / f"{edit.card.name}.safetensors"
    write_atomically(kept, edit.save)
    return kept


def _keep_generator(generator: StyleGAN2, kind: str, path: Path, name: str, licence: str | None) -> Imported:
    kept = folder() / f"{name}.safetensors"
    generator.w_space = w_space(generator)
    usual = _NVIDIA if "ADA" in kind else _UNKNOWN
    card = card_of(generator, f"{path.name}, {kind}", licence or usual)
    save_stylegan2(generator, card, kept)
    fits = "; the edits and the encoder that ship are for it" if card.w_space else ""
    what = f"{kind}: {card.resolution} px, codes of {card.w_dim} numbers{fits}"
    return Imported(kept, what, f"--model {name}", card.licence)


def export_model(name: str, out: Path) -> None:
    """Write a model for other programs: ``.pt`` as rosinality's, ``.safetensors`` with ADA's names.

    Raises `InputError` for another ending, and for the embedded models, which are no StyleGAN2.
    """
    path = file_of(name)
    if path is None:
        raise InputError(f"{name} is a MobileStyleGAN: no other program reads it")
    if out.suffix == ".pt":
        write_rosinality(load_stylegan2(path), out)
    elif out.suffix == ".safetensors":
        save_stylegan2(load_stylegan2(path), ModelCard.read(path), out)
    else:
        raise InputError(f"{out}: give a name that ends in .pt or .safetensors")


def _tree_in(path: Path) -> object | None:
    """The content of a checkpoint; None if it can't be read."""
    try:
        content: object = read_torch(path.read_bytes())
    except WeightsError:
        return None
    return content


def _names_in(tree: object) -> dict[str, object]:
    """A checkpoint's arrays by their names."""
    outer = tree if isinstance(tree, dict) else {}
    inner = outer.get("state_dict")
    return {str(key): value for key, value in (inner if isinstance(inner, dict) else outer).items()}


def other_network(path: Path, names: Mapping[str, object]) -> str | None:
    """What to do with a checkpoint that is used without an import; None if it is unknown."""
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
