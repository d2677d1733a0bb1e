"""A RAFT's arrays as the authors' files have them: what reading is tested with."""

import re
from collections.abc import Mapping

from torch import Tensor

from steadyface.flow.raft_names import PREFIX

_TO_OFFICIAL = (
    (r"convnormrelu(\d?)\.0\.", r"conv\1."),
    (r"convnormrelu(\d?)\.1\.", r"norm\1."),
    (r"^(feature|context)_encoder\.(conv|norm)\.(?=\w+$)", r"\1_encoder.\g<2>1."),
    (r"^feature_encoder\.", "fnet."),
    (r"^context_encoder\.", "cnet."),
    (r"\.motion_encoder\.convcorr(\d)\.0\.", r".encoder.convc\1."),
    (r"\.motion_encoder\.convflow(\d)\.0\.", r".encoder.convf\1."),
    (r"\.motion_encoder\.conv\.0\.", ".encoder.conv."),
    (r"\.recurrent_block\.convgru(\d)\.conv([zrq])\.", r".gru.conv\2\1."),
    (r"^mask_predictor\.convrelu\.0\.", "update_block.mask.0."),
    (r"^mask_predictor\.conv\.", "update_block.mask.2."),
)


def to_official(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """torchvision's state dict, large or small, under the authors' names and with what they hold twice."""
    small = not any(".convgru2." in name for name in state)
    official: dict[str, Tensor] = {}
    for name, value in state.items():
        renamed = PREFIX + _official_name(name, small)
        official[renamed] = value
        if ".downsample.1." in renamed:
            official[renamed.replace(".downsample.1.", ".norm3.")] = value
    return official


def _official_name(name: str, small: bool) -> str:
    head, _, tail = name.partition(".")
    if tail.startswith("conv.") and head.endswith("_encoder"):
        return f"{head[0]}net.conv2.{tail.removeprefix('conv.')}"
    renamed = name
    for pattern, replacement in _TO_OFFICIAL:
        renamed = re.sub(pattern, replacement, renamed)
    return re.sub(r"(\.gru\.conv[zrq])1\.", r"\1.", renamed) if small else renamed
