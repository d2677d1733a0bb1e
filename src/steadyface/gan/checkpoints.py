"""Read and write StyleGAN2 files: NVIDIA's pickles, rosinality's checkpoints, tuned modules, and our safetensors."""

from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from steadyface.errors import InputError, WeightsError
from steadyface.gan.models import ModelCard
from steadyface.gan.stylegan2 import StyleGAN2, base_and_most
from steadyface.gan.stylegan2_names import AVERAGE, from_rosinality, to_rosinality
from steadyface.runtime.files import write_atomically
from steadyface.zoo.ada_pickles import read_ada, read_tuned
from steadyface.zoo.convert import is_zip, read_tree

MOST_BYTES = 4 << 30
"""Larger files are refused: the official generators have a tenth of this."""


def read_stylegan2(path: Path) -> tuple[StyleGAN2, str]:
    """A generator from another program's file, and what kind of file that is. Nothing in it is executed.

    Reads StyleGAN2-ADA's ``.pkl``; rosinality's ``.pt`` and the files of StyleGAN-NADA (``g_ema``, with or without
    ``latent_avg``); the tuned modules of PTI and STIT; safetensors under ADA's or rosinality's names. Raises
    `WeightsError` that says why it can't be one of these, `InputError` when there is no such file.
    """
    if not path.is_file():
        raise InputError(f"there is no file {path}")
    if path.stat().st_size > MOST_BYTES:
        raise WeightsError(f"{path} is too large to be a StyleGAN2")
    try:
        state, kind = _read(path)
        generator = _like(state)
        wanted = generator.state_dict()
        generator.load_state_dict({key: value.float() for key, value in state.items() if key in wanted}, strict=True)
    except (RuntimeError, KeyError, ValueError) as error:
        raise WeightsError(f"{path} is not a StyleGAN2: {str(error).splitlines()[-1].strip()}") from error
    except WeightsError as error:
        raise WeightsError(f"{path}: {error}") from error
    generator.measure_w()
    return generator.eval().requires_grad_(False), kind


def _read(path: Path) -> tuple[dict[str, Tensor], str]:
    """The arrays of a file, under ADA's names, and what kind of file it is."""
    content = path.read_bytes()
    if path.suffix == ".safetensors":
        try:
            state = load_file(path)
        except SafetensorError as error:
            raise WeightsError(f"damaged safetensors: {error}") from error
        return (state, "arrays under ADA's names") if AVERAGE in state else _rosinality({"g_ema": state})
    if not is_zip(content):
        return read_ada(content), "StyleGAN2-ADA's pickle"
    try:
        return _rosinality(read_tree(content))
    except WeightsError:
        tuned = read_tuned(content)
        if tuned is None:
            raise
        return tuned, "a tuned generator of PTI or STIT"


def _rosinality(tree: Mapping[str, object]) -> tuple[dict[str, Tensor], str]:
    state = tree.get("g_ema")
    if not isinstance(state, Mapping):
        raise WeightsError("it holds no generator 'g_ema'")
    average = tree.get("latent_avg")
    kind = "rosinality's checkpoint" if isinstance(average, Tensor) else "rosinality's checkpoint without latent_avg"
    return from_rosinality(state, average if isinstance(average, Tensor) else None), kind


def _like(state: Mapping[str, Tensor]) -> StyleGAN2:
    """An untrained generator with the sizes of arrays under ADA's names."""
    sides = sorted(int(key.split(".")[1][1:]) for key in state if key.endswith(".torgb.weight"))
    if not sides or sides != [2**k for k in range(2, len(sides) + 2)]:
        raise WeightsError("it holds no synthesis network of StyleGAN2 with skipped colours")
    layers = sum(key.startswith("mapping.fc") and key.endswith(".weight") for key in state)
    w_dim, z_dim = state["mapping.fc0.weight"].shape
    base, most = base_and_most({side: state[f"synthesis.b{side}.conv1.weight"].shape[0] for side in sides})
    return StyleGAN2(sides[-1], z_dim=z_dim, w_dim=w_dim, mapping_layers=layers, channel_base=base, channel_max=most)


def card_of(generator: StyleGAN2, source: str, licence: str) -> ModelCard:
    """The card of a generator."""
    sizes = generator.resolution, generator.z_dim, generator.w_dim, generator.mapping.layers
    return ModelCard(*sizes, *base_and_most(generator.widths), generator.w_space, source, licence)


def save_stylegan2(generator: StyleGAN2, card: ModelCard, path: Path) -> None:
    """Write a generator under ADA's names with its card."""
    arrays = {key: value.contiguous() for key, value in generator.state_dict().items()}
    write_atomically(path, lambda beside: save_file(arrays, beside, metadata=card.metadata()))


def load_stylegan2(path: Path) -> StyleGAN2:
    """Read what `save_stylegan2` wrote. Raises `InputError` for another file, `WeightsError` for a damaged one."""
    card = ModelCard.read(path)
    generator = StyleGAN2(
        card.resolution,
        z_dim=card.z_dim,
        w_dim=card.w_dim,
        mapping_layers=card.mapping_layers,
        channel_base=card.channel_base,
        channel_max=card.channel_max,
        w_space=card.w_space,
    )
    try:
        generator.load_state_dict(load_file(path))
    except (SafetensorError, RuntimeError) as error:
        raise WeightsError(f"{path} is damaged; import it again") from error
    generator.measure_w()
    return generator.eval().requires_grad_(False)


def write_rosinality(generator: StyleGAN2, path: Path) -> None:
    """Write a generator as rosinality's programs read it: ``g_ema`` and ``latent_avg``."""
    tree = {"g_ema": to_rosinality(generator), "latent_avg": generator.w_mean.clone()}
    write_atomically(path, lambda beside: torch.save(tree, beside))
