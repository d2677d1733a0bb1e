"""OpenVINO's intermediate representation (version 10 and later) read as data: an XML graph and its constants.

Format: the OpenVINO documentation, "OpenVINO IR format". No runtime of OpenVINO is needed.
"""

from dataclasses import dataclass
from math import prod
from xml.etree import ElementTree

import numpy as np

from steadyface.errors import WeightsError

_ELEMENT_TYPES = {
    "f32": "<f4",
    "f16": "<f2",
    "f64": "<f8",
    "i8": "i1",
    "u8": "u1",
    "i32": "<i4",
    "i64": "<i8",
    "u64": "<u8",
    "boolean": "?",
}


@dataclass(frozen=True)
class Node:
    """One layer of the graph.

    ``inputs`` are the ids of the producing nodes in the order of the input ports, ``attributes`` those of the
    layer's data element, and ``value`` is the array of a ``Const``, None for all other kinds.
    """

    id: int
    kind: str
    name: str
    inputs: tuple[int, ...]
    attributes: dict[str, str]
    value: np.ndarray | None


def read_ir_graph(xml: bytes, constants: bytes) -> dict[int, Node]:
    """The graph as nodes by id, in the file's (topological) order.

    ``xml`` and ``constants`` are the contents of the ``.xml`` and ``.bin`` files. Raises WeightsError when
    they are damaged or don't belong together.
    """
    if b"<!DOCTYPE" in xml or b"<!ENTITY" in xml:
        raise WeightsError("refused an OpenVINO IR whose XML declares a document type")
    try:
        root = ElementTree.fromstring(xml)
        sources: dict[int, dict[int, int]] = {}
        for edge in root.iterfind("edges/edge"):
            ports = sources.setdefault(int(edge.attrib["to-layer"]), {})
            ports[int(edge.attrib["to-port"])] = int(edge.attrib["from-layer"])
        nodes = {}
        for layer in root.iterfind("layers/layer"):
            ports = sources.get(int(layer.attrib["id"]), {})
            node = _read_layer(layer, tuple(ports[port] for port in sorted(ports)), constants)
            nodes[node.id] = node
    except (ElementTree.ParseError, KeyError, ValueError) as error:
        raise WeightsError(f"damaged OpenVINO IR: {type(error).__name__}: {error}") from error
    dangling = {source for node in nodes.values() for source in node.inputs} - nodes.keys()
    if not nodes or dangling:
        raise WeightsError(f"damaged OpenVINO IR: {len(nodes)} layers, missing layers {sorted(dangling)[:5]}")
    return nodes


def _read_layer(layer: ElementTree.Element, inputs: tuple[int, ...], constants: bytes) -> Node:
    data = layer.find("data")
    attributes = dict(data.attrib) if data is not None else {}
    kind = layer.attrib["type"]
    value = _read_constant(attributes, constants) if kind == "Const" else None
    return Node(int(layer.attrib["id"]), kind, layer.attrib["name"], inputs, attributes, value)


def _read_constant(attributes: dict[str, str], constants: bytes) -> np.ndarray:
    dtype = np.dtype(_ELEMENT_TYPES[attributes["element_type"]])
    shape = tuple(int(side) for side in attributes["shape"].split(",") if side.strip())
    offset, size = int(attributes["offset"]), int(attributes["size"])
    if size != prod(shape) * dtype.itemsize or offset < 0:
        raise ValueError(f"a constant of shape {shape} and type {dtype} can't take {size} bytes at {offset}")
    return np.frombuffer(constants, dtype, prod(shape), offset).reshape(shape)
