"""The two sets of names under which RAFT's weights are published: the authors' and torchvision's.

The authors' release (github.com/princeton-vl/RAFT) saves its networks inside `DataParallel`, which puts ``module.``
before every name, and saves the norm of a projection twice, as ``norm3`` and as ``downsample.1``.
"""

import re
from collections.abc import Mapping
from typing import TypeVar

PREFIX = "module."

T = TypeVar("T")

_TO_TORCHVISION = (
    (r"^(fnet|cnet)\.(conv|norm)1\.", r"\1.convnormrelu.\2."),
    (r"^(fnet|cnet)\.conv2\.", r"\1.conv."),
    (r"^(fnet|cnet)\.(layer\d\.\d)\.norm3\.", r"\1.\2.downsample.1."),
    (r"^(fnet|cnet)\.(layer\d\.\d)\.(conv|norm)(\d)\.", r"\1.\2.convnormrelu\4.\3."),
    (r"(convnormrelu\d?)\.conv\.", r"\1.0."),
    (r"(convnormrelu\d?)\.norm\.", r"\1.1."),
    (r"^fnet\.", "feature_encoder."),
    (r"^cnet\.", "context_encoder."),
    (r"\.encoder\.convc(\d)\.", r".motion_encoder.convcorr\1.0."),
    (r"\.encoder\.convf(\d)\.", r".motion_encoder.convflow\1.0."),
    (r"\.encoder\.conv\.", ".motion_encoder.conv.0."),
    (r"\.gru\.conv([zrq])(\d)\.", r".recurrent_block.convgru\2.conv\1."),
    (r"\.gru\.conv([zrq])\.", r".recurrent_block.convgru1.conv\1."),
    (r"^update_block\.mask\.0\.", "mask_predictor.convrelu.0."),
    (r"^update_block\.mask\.2\.", "mask_predictor.conv."),
)


def is_official(names: Mapping[str, object]) -> bool:
    """Whether the names are the authors'."""
    return any(name.removeprefix(PREFIX).startswith(("fnet.", "cnet.")) for name in names)


def to_torchvision(state: Mapping[str, T]) -> dict[str, T]:
    """The authors' state dict, large or small, under torchvision's names."""
    return {_renamed(name.removeprefix(PREFIX), _TO_TORCHVISION): value for name, value in state.items()}


def _renamed(name: str, rules: tuple[tuple[str, str], ...]) -> str:
    for pattern, replacement in rules:
        name = re.sub(pattern, replacement, name)
    return name
