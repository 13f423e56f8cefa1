import pytest

from edge_siamese.tflite.graph import Graph, Operator
from edge_siamese.tflite.tensor import Tensor
from edge_siamese_converter.layer_names import LayerNames


def graph_of(*names: str) -> Graph:
    tensors = tuple(Tensor(index, name, (1,), "FLOAT32", None, None) for index, name in enumerate(names))
    operators = tuple(Operator(at, "ADD", 1, (), (tensor,), {}) for at, tensor in enumerate(tensors))
    return Graph(tensors, (), (), operators, {}, {}, 1)


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
