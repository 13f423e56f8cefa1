import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_siamese.errors import ModelError
from edge_siamese.models import default_model
from edge_siamese.tflite.graph import operators
from edge_siamese.tflite.model_card import read_model


def test_the_shipped_embedder_is_read_whole() -> None:
    graph = operators(read_model(default_model("embedder")).network)
    stem = graph[0]
    assert (stem.name, stem.inputs[0], stem.outputs[0][1:3]) == ("CONV_2D", (1, 112, 112, 3), (56, 56))
    assert stem.weights == 27 * stem.outputs[0][3]
    assert stem.macs == 56 * 56 * stem.weights
    assert not [operator.name for operator in graph if operator.name.startswith("BUILTIN")]
    assert graph[-1].outputs[0] == (1, 256)


def test_depthwise_convolutions_count_their_kernel_once_a_channel() -> None:
    graph = operators(read_model(default_model("embedder")).network)
    depthwise = next(operator for operator in graph if operator.name == "DEPTHWISE_CONV_2D")
    _, height, width, channels = depthwise.outputs[0]
    assert depthwise.macs == height * width * channels * 9
    assert depthwise.weights == 9 * channels


@given(st.binary(max_size=200))
def test_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(ModelError, match="the graph cannot be read"):
        operators(data)
