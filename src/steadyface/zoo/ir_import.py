"""Name the arrays of the default generator's OpenVINO files, from the structure of their graphs.

Half of the constants are anonymous: the convolution weights (demodulation folded in) and the noise maps. They are
found from their neighbours in the graph, which are named.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from steadyface.errors import WeightsError

if TYPE_CHECKING:
    from steadyface.zoo.openvino_ir import Node

Array = NDArray[np.float32]
W_SAMPLES = 20_000


def convert_ir(mapping: Mapping[int, "Node"], synthesis: Mapping[int, "Node"]) -> dict[str, Array]:
    """Return the state of `MobileStyleGAN` (1024 px) under this project's names.

    Raises `WeightsError` when a graph is not the generator that is expected.
    """
    try:
        layers = _mapping_arrays(mapping)
        return {**layers, **_w_statistics(layers), **_synthesis_arrays(synthesis)}
    except (KeyError, StopIteration, IndexError) as error:
        raise WeightsError("the generator's IR files don't have the expected structure") from error


def _mapping_arrays(graph: Mapping[int, "Node"]) -> dict[str, Array]:
    """Eight dense layers in order: each MatMul's weight, and the bias that the next Add gets through a Reshape."""
    arrays: dict[str, Array] = {}
    layers = [node for node in graph.values() if node.kind == "MatMul"]
    for index, layer in enumerate(sorted(layers, key=lambda node: node.id)):
        add = _consumer(graph, layer.id, "Add")
        reshape = graph[next(i for i in add.inputs if i != layer.id)]
        arrays[f"mapping.{index}.weight"] = _value(graph, layer.inputs[1])
        arrays[f"mapping.{index}.bias"] = _value(graph, reshape.inputs[0])
    return arrays


def _w_statistics(layers: Mapping[str, Array]) -> dict[str, Array]:
    """Mean and standard deviation of W, which the files lack, over seeded samples."""
    x = np.random.default_rng(0).standard_normal((W_SAMPLES, 512), dtype=np.float32)
    x /= np.sqrt(np.square(x).mean(axis=1, keepdims=True) + 1e-8)
    for index in range(8):
        x = x @ layers[f"mapping.{index}.weight"].T + layers[f"mapping.{index}.bias"]
        x = np.where(x < 0, 0.2 * x, x) * np.float32(2**0.5)
    return {"w_mean": x.mean(axis=0), "w_std": x.std(axis=0)}


def _synthesis_arrays(graph: Mapping[int, "Node"]) -> dict[str, Array]:
    arrays: dict[str, Array] = {}
    for node in graph.values():
        if node.value is not None and node.name.startswith("m."):
            name = _rename(node.name)
            arrays[name] = _shaped(name, node.value)
    for node in graph.values():
        if node.kind == "Convolution":
            weight, added = _value(graph, node.inputs[1]), _consumer(graph, node.id, "Add")
            other = _value(graph, next(i for i in added.inputs if i != node.id))
            if other.shape[-1] == 1:  # the last layer has a bias and no noise
                arrays["to_image.weight"], arrays["to_image.bias"] = weight, other
                continue
            biased = _consumer(graph, added.id, "Add")
            bias = graph[next(i for i in biased.inputs if i != added.id)]
            layer = _rename(bias.name).removesuffix(".bias")
            arrays[f"{layer}.weight"], arrays[f"{layer}.noise"] = weight, other
    return _group_details(arrays)


def _group_details(arrays: dict[str, Array]) -> dict[str, Array]:
    """Reorder the inputs of Haar steps: in the files details are interleaved, `inverse_haar` needs them in groups."""
    layers = ("conv1", *(f"blocks.{k}.conv2" for k in range(6)), "to_image")
    outputs = [f"{layer}.{part}" for layer in layers for part in ("weight", "bias")]
    for name in outputs + [f"blocks.{k}.up.{part}" for k in range(7) for part in ("weight", "bias")]:
        axis = 1 if name.endswith("bias") and arrays[name].ndim == 4 else 0
        c = arrays[name].shape[axis] // 4
        order = np.concatenate([np.arange(c), *(np.arange(c + k, 4 * c, 3) for k in range(3))])
        arrays[name] = np.take(arrays[name], order, axis=axis)
    return arrays


def _rename(name: str) -> str:
    """The exporter's name of a constant -> ours."""
    name = name.removeprefix("m.").replace("layers.6.to_img", "to_image").replace("layers.", "blocks.")
    name = name.replace("input.input", "const").replace("conv.weight_dw", "depthwise")
    name = name.replace("conv.modulation", "affine").replace("up.modulation", "up")
    return name.replace("to_image.conv.", "to_image.")


def _shaped(name: str, value: Array) -> Array:
    if name.endswith("depthwise"):
        return value.reshape(value.shape[0], 1, 3, 3)
    is_style_bias = name.endswith(".bias") and value.ndim == 2
    return value.reshape(-1) if is_style_bias else value


def _value(graph: Mapping[int, "Node"], node_id: int) -> Array:
    value = graph[node_id].value
    if value is None:
        raise KeyError(node_id)
    return value


def _consumer(graph: Mapping[int, "Node"], node_id: int, kind: str) -> "Node":
    return next(node for node in graph.values() if node_id in node.inputs and node.kind == kind)
