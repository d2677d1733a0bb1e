"""How artefacts of stages are saved in the run folder, by the names that `Stage.kept` gives."""

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from steadyface.baselines.dvp import UNet
from steadyface.clip.aligned import Aligned
from steadyface.clip.folder import FrameFolder
from steadyface.clip.segments import arrays_of, segments_of
from steadyface.clip.synthesis import Synthesis
from steadyface.editing.mask import preserved_parts
from steadyface.gan.load import load_generator
from steadyface.gan.models import of_size
from steadyface.inversion.full_size import FullSize
from steadyface.runs.run import Tensors
from steadyface.stages.align import FollowedFace, covers_of
from steadyface.stages.context import StageContext
from steadyface.stages.edit_settings import Compose, Prior
from steadyface.stages.full_size import LargeCrops
from steadyface.stages.outlines import FoundOutlines
from steadyface.stages.settings import Align, Person
from steadyface.stages.stabilise import PriorFrames
from steadyface.stages.stage import KeptAs
from steadyface.stitching.compositor import Compositor

_GENERATOR = "generator."


@dataclass(frozen=True)
class Kept:
    """How one kind of artefact is saved and loaded."""

    pack: Callable[..., Tensors]
    """(artefact, context, *inputs) -> what is written."""
    unpack: Callable[..., Any]
    """(tensors, context, settings, *inputs) -> the artefact."""


def pack_track(face: FollowedFace, context: StageContext) -> Tensors:
    """The arrays, and those of its segments."""
    found = {"quads": face.quads, "landmarks": face.landmarks, **arrays_of(face.segments)}
    return {name: torch.from_numpy(array) for name, array in found.items()}


def unpack_track(tensors: Tensors, context: StageContext, settings: Align) -> FollowedFace:
    """The inverse of `pack_track`."""
    arrays = {name: tensor.numpy() for name, tensor in tensors.items()}
    return FollowedFace(arrays["quads"], arrays["landmarks"], segments_of(arrays, settings.frames[0]))


def pack_aligned(clip: Aligned, context: StageContext, *inputs: object) -> Tensors:
    """The mask of the person; the rest is in the inputs."""
    return {"person": torch.from_numpy(clip.person)}


def unpack_aligned(
    tensors: Tensors, context: StageContext, settings: Person, face: FollowedFace, crops: FrameFolder
) -> Aligned:
    """The inverse of `pack_aligned`."""
    covers = covers_of(context, settings, face, crops)
    return Aligned(face.quads, face.landmarks, tensors["person"].numpy(), crops, face.segments, covers)


def pack_synthesis(made: Synthesis, context: StageContext, before: object, *others: object) -> Tensors:
    """The codes and the generator's arrays, if they differ from those of the first input."""
    base = before if isinstance(before, Synthesis) else None
    state = (base.generator if base else context.generator).state_dict()
    tensors = {} if base and torch.equal(made.ws, base.ws) else {"ws": made.ws}
    changed = {
        name: value for name, value in made.generator.state_dict().items() if not torch.equal(value, state[name])
    }
    return tensors | {_GENERATOR + name: value for name, value in changed.items()}


def unpack_synthesis(
    tensors: Tensors, context: StageContext, settings: object, before: object, *others: object
) -> Synthesis:
    """The inverse of `pack_synthesis`."""
    base = before if isinstance(before, Synthesis) else Synthesis(tensors["ws"], context.generator)
    ws = tensors.get("ws", base.ws).to(context.device)
    changed = {key.removeprefix(_GENERATOR): value for key, value in tensors.items() if key.startswith(_GENERATOR)}
    if not changed:
        return Synthesis(ws, base.generator)
    generator = deepcopy(base.generator)
    generator.load_state_dict({**generator.state_dict(), **changed})
    return Synthesis(ws, generator)


def pack_factors(factors: tuple[float, ...], context: StageContext, *inputs: object) -> Tensors:
    """One number for each edit of codes."""
    return {"factors": torch.tensor(factors)}


def unpack_factors(tensors: Tensors, context: StageContext, settings: object, *inputs: object) -> tuple[float, ...]:
    """The inverse of `pack_factors`."""
    return tuple(tensors["factors"].tolist())


def pack_compositor(arrays: Mapping[str, Any], context: StageContext, *inputs: object) -> Tensors:
    """The arrays as they are."""
    return {name: torch.from_numpy(array) for name, array in arrays.items()}


def unpack_compositor(
    tensors: Tensors,
    context: StageContext,
    settings: Compose,
    steady: Synthesis,
    direct: Synthesis,
    before: Synthesis,
    clip: Aligned,
    people: FoundOutlines,
) -> Compositor:
    """The compositor of `compose.compose`'s arrays."""
    arrays = {name: tensor.numpy() for name, tensor in tensors.items()}
    parts = preserved_parts(settings.effects)
    return Compositor.restored(arrays, clip, parts, settings.compositing, people, cut_out=settings.cut_out)


def pack_network(frames: PriorFrames, context: StageContext, *inputs: object) -> Tensors:
    """The network's arrays."""
    return dict(frames.network.state_dict())


def unpack_network(
    tensors: Tensors, context: StageContext, settings: Prior, edited: object, clip: Aligned
) -> PriorFrames:
    """The inverse of `pack_network`."""
    network = UNet(settings.prior.width, settings.seed).to(context.device)
    network.load_state_dict(tensors)
    return PriorFrames(network.requires_grad_(False), clip.inputs)


def pack_full_size(detail: FullSize, context: StageContext, *inputs: object) -> Tensors:
    """What it was taught."""
    return {"offset": detail.offset, **{name: parameter.detach() for name, parameter in detail.own.items()}}


def unpack_full_size(
    tensors: Tensors,
    context: StageContext,
    settings: object,
    edited: object,
    adapted: object,
    large: LargeCrops,
    *_: object,
) -> FullSize:
    """The inverse of `pack_full_size`."""
    there = {name: tensor.to(context.device) for name, tensor in tensors.items()}
    offset = there.pop("offset")
    own = {name: nn.Parameter(tensor, requires_grad=False) for name, tensor in there.items()}
    return FullSize(load_generator(of_size(large.size)).to(context.device), context.generator, own, offset)


KEPT: Mapping[KeptAs, Kept] = {
    "track": Kept(pack_track, unpack_track),
    "aligned": Kept(pack_aligned, unpack_aligned),
    "synthesis": Kept(pack_synthesis, unpack_synthesis),
    "factors": Kept(pack_factors, unpack_factors),
    "compositor": Kept(pack_compositor, unpack_compositor),
    "network": Kept(pack_network, unpack_network),
    "full size": Kept(pack_full_size, unpack_full_size),
}
