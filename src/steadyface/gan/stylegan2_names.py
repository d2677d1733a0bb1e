"""The arrays of a StyleGAN2 under two sets of names: StyleGAN2-ADA's, which ours has, and rosinality's."""

from collections.abc import Iterator, Mapping
from math import log2

import torch
from torch import Tensor

from steadyface.errors import WeightsError
from steadyface.gan.stylegan2 import StyleGAN2, base_and_most, fir

AVERAGE = "mapping.w_avg"
"""ADA's name of the array that rosinality saves beside the weights, as ``latent_avg``."""
_FILTER = "resample_filter"
_LAYER = {
    "conv.modulation.weight": "affine.weight",
    "conv.modulation.bias": "affine.bias",
    "conv.weight": "weight",
    "noise.weight": "noise_strength",
    "activate.bias": "bias",
}
_COLOURS = {
    "conv.modulation.weight": "affine.weight",
    "conv.modulation.bias": "affine.bias",
    "conv.weight": "weight",
    "bias": "bias",
}


def names(resolution: int, mapping_layers: int = 8) -> Iterator[tuple[str, str]]:
    """Pairs of rosinality's name and ADA's for a generator of ``resolution``, in rosinality's order of layers."""
    for index in range(mapping_layers):
        for part in ("weight", "bias"):
            yield f"style.{index + 1}.{part}", f"mapping.fc{index}.{part}"
    yield "input.input", "synthesis.b4.const"
    yield from _layer("conv1", "synthesis.b4.conv1", 0)
    yield from _named("to_rgb1", "synthesis.b4.torgb", _COLOURS)
    for block in range(round(log2(resolution)) - 2):
        ours = f"synthesis.b{8 << block}"
        yield from _layer(f"convs.{2 * block}", f"{ours}.conv0", 2 * block + 1)
        yield f"convs.{2 * block}.conv.blur.kernel", f"{ours}.conv0.{_FILTER}"
        yield from _layer(f"convs.{2 * block + 1}", f"{ours}.conv1", 2 * block + 2)
        yield from _named(f"to_rgbs.{block}", f"{ours}.torgb", _COLOURS)
        yield f"to_rgbs.{block}.upsample.kernel", f"{ours}.{_FILTER}"


def _named(theirs: str, ours: str, parts: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for part, own in parts.items():
        yield f"{theirs}.{part}", f"{ours}.{own}"


def _layer(theirs: str, ours: str, noise: int) -> Iterator[tuple[str, str]]:
    yield from _named(theirs, ours, _LAYER)
    yield f"noises.noise_{noise}", f"{ours}.noise_const"


def to_rosinality(generator: StyleGAN2) -> dict[str, Tensor]:
    """The weights under rosinality's names, with axes and filters as there; `w_mean` is their ``latent_avg``."""
    state = generator.state_dict()
    return {
        theirs: _as_theirs(theirs, 4 * state[ours] if ours.endswith(_FILTER) else state[ours]).clone()
        for theirs, ours in names(generator.resolution, generator.mapping.layers)
    }


def _as_theirs(name: str, value: Tensor) -> Tensor:
    """An array with the axes of length 1 that rosinality has."""
    if name.endswith("conv.weight"):
        return value[None]  # (1, O, I, k, k)
    if name.endswith("noise.weight"):
        return value.reshape(1)
    if name.startswith("to_rgb") and name.endswith(".bias") and "modulation" not in name:
        return value.reshape(1, 3, 1, 1)
    if name == "input.input":
        return value[None]
    return value[None, None] if name.startswith("noises.") else value


def from_rosinality(state: Mapping[str, Tensor], average: Tensor | None = None) -> dict[str, Tensor]:
    """The same weights under ADA's names, for `StyleGAN2.load_state_dict`.

    ``average`` is ``latent_avg``: (w_dim,), (1, w_dim), or (num_ws, w_dim) with equal rows. Without it the average is
    zero, and `StyleGAN2.measure_w` measures it. Raises `WeightsError` that names a missing, unknown or misshaped array.
    """
    resolution, layers = _shape_of(state)
    with torch.device("meta"):  # only its shapes are needed
        generator = generator_of(state)
    wanted = generator.state_dict()
    pairs = dict(names(resolution, layers))
    if odd := sorted(pairs.keys() ^ state.keys()):
        fault = "missing" if odd[0] in pairs else "unknown"
        raise WeightsError(f"not a StyleGAN2 of {resolution} px: '{odd[0]}' is {fault}")
    found = {}
    for theirs, ours in pairs.items():
        value = state[theirs].float() / 4 if ours.endswith(_FILTER) else state[theirs].float()
        if value.numel() != wanted[ours].numel():
            raise WeightsError(f"not a StyleGAN2: '{theirs}' has the shape {tuple(value.shape)}")
        found[ours] = value.reshape(wanted[ours].shape)
    constants = {key: fir() for key in wanted if key.endswith(_FILTER) and key not in found}
    mean = torch.zeros(generator.w_dim) if average is None else average.float().reshape(-1, generator.w_dim)[0]
    return {**found, **constants, AVERAGE: mean}


def generator_of(state: Mapping[str, Tensor]) -> StyleGAN2:
    """An untrained generator of the architecture that rosinality's weights are for. Raises `WeightsError`."""
    resolution, layers = _shape_of(state)
    try:
        w_dim, z_dim = state["style.1.weight"].shape
        widths = {4: state["input.input"].shape[1]}
        for block in range(round(log2(resolution)) - 2):
            widths[8 << block] = state[f"convs.{2 * block}.conv.weight"].shape[1]
    except (KeyError, ValueError, IndexError) as error:
        raise WeightsError(f"not a StyleGAN2: {error}") from error
    base, most = base_and_most(widths)
    return StyleGAN2(resolution, z_dim=z_dim, w_dim=w_dim, mapping_layers=layers, channel_base=base, channel_max=most)


def _shape_of(state: Mapping[str, Tensor]) -> tuple[int, int]:
    """Resolution and number of mapping layers, found from the names."""
    blocks = sum(key.startswith("to_rgbs.") and key.endswith(".upsample.kernel") for key in state)
    layers = sum(key.startswith("style.") and key.endswith(".weight") for key in state)
    if not blocks or not layers:
        raise WeightsError("not a StyleGAN2 under rosinality's names")
    return 4 << blocks, layers
