"""The IR reader against OpenVINO's own writer, and against damaged files."""

import numpy as np
import openvino
import pytest
from openvino import opset8 as ops

from steadyface.errors import WeightsError
from steadyface.zoo.openvino_ir import read_ir_graph

WEIGHT = np.arange(12, dtype=np.float32).reshape(3, 4)
BIAS = np.array([1.5, -2.0, 0.25], np.float32)


@pytest.fixture(scope="module")
def ir_files(tmp_path_factory):
    """``relu(x @ WEIGHT.T - BIAS)`` as OpenVINO itself writes it: the contents of the .xml and the .bin."""
    x = ops.parameter([2, 4], np.float32, name="x")
    product = ops.matmul(x, ops.constant(WEIGHT, name="weight"), False, True, name="product")
    shifted = ops.subtract(product, ops.constant(BIAS, name="bias"), name="shifted")
    model = openvino.Model([ops.relu(shifted, name="active")], [x], "small")
    path = tmp_path_factory.mktemp("ir") / "small.xml"
    openvino.save_model(model, path, compress_to_fp16=False)
    return path.read_bytes(), path.with_suffix(".bin").read_bytes()


def test_constants_of_openvinos_own_file(ir_files):
    constants = {node.name: node.value for node in read_ir_graph(*ir_files).values() if node.value is not None}
    np.testing.assert_array_equal(constants["weight"], WEIGHT)
    np.testing.assert_array_equal(constants["bias"].ravel(), BIAS)


def test_graph_keeps_the_order_of_the_inputs(ir_files):
    graph = read_ir_graph(*ir_files)
    by_name = {node.name: node for node in graph.values()}
    shifted = by_name["shifted"]
    assert shifted.kind == "Subtract"
    # A difference with its terms exchanged would be another function.
    assert [graph[i].name for i in shifted.inputs] == ["product", "bias"]
    product = by_name["product"]
    assert [graph[i].name for i in product.inputs] == ["x", "weight"]
    assert product.attributes["transpose_b"] == "true"
    assert product.value is None
    assert by_name["x"].inputs == ()
    assert all(graph[node.id] is node for node in graph.values())


HAND_WRITTEN = b"""<?xml version="1.0"?>
<net name="n" version="10"><layers>
<layer id="7" name="k" type="Const"><data element_type="i64" shape="" offset="8" size="8"/></layer>
<layer id="8" name="f" type="Const"><data element_type="f32" shape="1, 2" offset="0" size="8"/></layer>
<layer id="9" name="g" type="Gather"/>
</layers><edges>
<edge from-layer="7" from-port="0" to-layer="9" to-port="1"/>
<edge from-layer="8" from-port="0" to-layer="9" to-port="0"/>
</edges></net>"""
HAND_WRITTEN_CONSTANTS = np.array([1.0, 2.0], "<f4").tobytes() + np.array(5, "<i8").tobytes()


def test_ports_order_the_inputs_whatever_the_order_of_the_edges():
    graph = read_ir_graph(HAND_WRITTEN, HAND_WRITTEN_CONSTANTS)
    assert graph[9].inputs == (8, 7)
    assert graph[7].value == 5
    assert graph[7].value.shape == ()
    np.testing.assert_array_equal(graph[8].value, [[1.0, 2.0]])
    assert graph[8].value.dtype == np.float32


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"</net>", b""),
        (b'size="8"/></layer>\n<layer id="9"', b'size="4"/></layer>\n<layer id="9"'),
        (b'offset="8"', b'offset="12"'),
        (b'offset="8"', b'offset="-8"'),
        (b'"i64"', b'"u1"'),
        (b'from-layer="7"', b'from-layer="70"'),
        (b"edge from-layer", b"edge to-layers"),
    ],
)
def test_damaged_files(old, new):
    assert old in HAND_WRITTEN
    with pytest.raises(WeightsError, match="damaged OpenVINO IR"):
        read_ir_graph(HAND_WRITTEN.replace(old, new), HAND_WRITTEN_CONSTANTS)


def test_document_types_are_refused():
    declared = HAND_WRITTEN.replace(b"?>", b'?><!DOCTYPE n [<!ENTITY a "aa">]>', 1)
    with pytest.raises(WeightsError, match="document type"):
        read_ir_graph(declared, HAND_WRITTEN_CONSTANTS)
