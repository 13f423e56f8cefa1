import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_siamese.errors import ModelError
from edge_siamese.models import default_model
from edge_siamese.tflite.model_card import read_model
from edge_siamese_converter.tflite_edit import Graph, LayerNames, Operator, Tensor, read_graph

NETWORK = read_model(default_model("embedder")).network


def test_the_shipped_embedder_is_read_whole() -> None:
    graph = read_graph(NETWORK)
    assert [(tensor.shape, tensor.kind) for tensor in graph.inputs] == [((1, 112, 112, 3), "INT8")]
    assert [(tensor.shape, tensor.kind) for tensor in graph.outputs] == [((1, 256), "INT8")]
    assert {each.kind for each in graph.operators} == {"ADD", "CONV_2D", "DEPTHWISE_CONV_2D", "RESHAPE"}
    stem = graph.operators[0]
    assert (stem.kind, stem.activation, stem.option("strideW")) == ("CONV_2D", "RELU", 2)
    assert stem.inputs[1] is not None
    assert stem.inputs[1].values.shape == (32, 3, 3, 3)
    assert [tensor.index for tensor in stem.computed] == [graph.inputs[0].index]


def test_what_is_computed_has_no_values() -> None:
    with pytest.raises(ModelError, match="is no constant of numbers"):
        _ = read_graph(NETWORK).outputs[0].values


@given(st.binary(max_size=200))
@settings(max_examples=50)
def test_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(ModelError, match=r"cannot be read as a \.tflite"):
        read_graph(data)


def graph_of(*names: str) -> Graph:
    tensors = [Tensor(index, name, (1,), "FLOAT32", None) for index, name in enumerate(names)]
    return Graph((), (), tuple(Operator("ADD", (), (tensor,), None) for tensor in tensors), 1)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["net/conv/add", "net/conv_1/add;net/relu"], ["conv", "conv_1"]),
        (["net_1/conv_1/add", "net_1/conv_1_1/add", "net_1/x_1/y"], ["conv", "conv_1", "net_1/x_1/y"]),
        (["some.module.Wrapper;1", "some.module.Wrapper;2"], ["Wrapper#0", "Wrapper#1"]),
        ([""], ["tensor#0"]),
    ],
)
def test_operators_are_called_by_their_layers(names: list[str], expected: list[str]) -> None:
    graph = graph_of(*names)
    found = LayerNames(graph, ["conv", "conv_1"])
    assert [found.of(operator) for operator in graph.operators] == expected


def test_values_are_little_endian() -> None:
    assert Tensor(0, "", (2,), "INT32", np.array([1, -2], "<i4").tobytes()).values.tolist() == [1, -2]
