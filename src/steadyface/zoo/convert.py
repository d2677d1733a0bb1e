"""Convert the published files of a card to the single file in the cache: safetensors, or tflite as it is."""

import io
import json
import zipfile
from collections.abc import Sequence
from typing import Any

import numpy as np
from safetensors.numpy import save

from steadyface.errors import WeightsError
from steadyface.zoo.cards import Card


def convert(card: Card, contents: Sequence[bytes]) -> bytes:
    """The bytes of the cache file of ``card`` from the ``contents`` of its members, in the card's order.

    Safetensors carry the card's name and its source's sha256 as metadata. Raises WeightsError when the
    contents are not what the card says.
    """
    match card.converter:
        case "copy":
            return contents[0]
        case "openvino-ir":
            tensors = _convert_generator(contents)
        case "lpips-pickle":
            from steadyface.zoo.pickles import convert_lpips

            tensors = convert_lpips(contents[0])
        case "tfjs":
            from steadyface.zoo.tfjs import read_tfjs

            tensors = read_tfjs(contents[0], contents[1:])
        case "torch-pickle":
            tensors = read_checkpoint(contents[0], card.prefix)
    # safetensors writes the buffer in its memory order, so a transposed view would be stored scrambled.
    contiguous = {name: np.asarray(value, order="C") for name, value in tensors.items()}
    return save(contiguous, {"card": card.name, "source_sha256": card.source.sha256})


def _convert_generator(contents: Sequence[bytes]) -> dict[str, np.ndarray]:
    from steadyface.zoo.ir_import import convert_ir
    from steadyface.zoo.openvino_ir import read_ir_graph

    mapping_xml, mapping_bin, synthesis_xml, synthesis_bin = contents
    return convert_ir(read_ir_graph(mapping_xml, mapping_bin), read_ir_graph(synthesis_xml, synthesis_bin))


def read_tree(content: bytes) -> dict[str, Any]:
    """The dictionary that a torch checkpoint holds, read with ``weights_only=True``. Raises WeightsError."""
    state = read_torch(content)
    if not isinstance(state, dict):
        raise WeightsError(f"the torch checkpoint holds a {type(state).__name__}, not named tensors")
    return state


def read_torch(content: bytes) -> Any:
    """What a torch checkpoint holds, read with ``weights_only=True``. Raises WeightsError."""
    import torch

    refuse_bombs(content)
    try:
        return torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    # On damaged bytes the loader can raise nearly any exception.
    except Exception as error:
        reason = str(error).partition("\n")[0] or type(error).__name__
        raise WeightsError(f"refused a torch checkpoint: {reason}") from error


def is_zip(content: bytes) -> bool:
    """Whether these are a zip archive's bytes, as torch writes since 1.6."""
    return content.startswith(b"PK\x03\x04")


def refuse_bombs(content: bytes) -> None:
    """Refuse a zip bomb: torch stores arrays uncompressed, so that the parts can't be larger than the archive.

    Raises WeightsError for one, and for an archive that can't be read.
    """
    if not is_zip(content):
        return
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            inflated = sum(part.file_size for part in archive.infolist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise WeightsError(f"refused a torch checkpoint: {error}") from error
    if inflated > len(content) + 2**20:
        raise WeightsError("refused a torch checkpoint: unpacked it would be larger than the file")


def read_checkpoint(content: bytes, prefix: str = "") -> dict[str, np.ndarray]:
    """The tensors of a torch checkpoint whose key begins with ``prefix``, which is removed from the keys.

    Looks inside a lone wrapping dictionary such as ``params`` or ``state_dict``, reads with
    ``weights_only=True``, and raises WeightsError when that fails or nothing matches.
    """
    import torch

    state = read_tree(content)
    if len(state) == 1:
        (inner,) = state.values()
        state = inner if isinstance(inner, dict) else state
    tensors = {
        key.removeprefix(prefix): value.numpy()
        for key, value in state.items()
        if isinstance(key, str) and key.startswith(prefix) and isinstance(value, torch.Tensor)
    }
    if not tensors:
        raise WeightsError(f"the torch checkpoint has no tensor whose name begins with {json.dumps(prefix)}")
    return tensors
