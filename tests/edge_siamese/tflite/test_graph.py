from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_siamese.errors import ModelError
from edge_siamese.models import default_model, shipped_models
from edge_siamese.tflite.graph import Graph, read_graph
from edge_siamese.tflite.model_card import read_model
from edge_siamese.tflite.operators import BUILTIN_OPERATORS, operator_name
from edge_siamese.tflite.runtime import load_network


@pytest.fixture(scope="module")
def model() -> bytes:
    return read_model(default_model("embedder")).network


@pytest.fixture(scope="module")
def graph(model: bytes) -> Graph:
    return read_graph(model)


def test_the_stem_of_the_shipped_embedder(graph: Graph) -> None:
    stem = graph.operators[0]
    image, weights, bias = stem.inputs
    assert image is not None
    assert weights is not None
    assert bias is not None
    assert (stem.kind, image.shape, stem.outputs[0].shape[1:3]) == ("CONV_2D", (1, 112, 112, 3), (56, 56))
    assert (stem.option("stride_h"), stem.option("stride_w"), stem.option("dilation_w")) == (2, 2, 1)
    assert stem.option("padding") in {"SAME", "VALID"}
    assert stem.weight_count == weights.size == 27 * stem.outputs[0].shape[3]
    assert stem.macs == 56 * 56 * stem.weight_count
    assert stem.computed == [image]
    assert bias.values.dtype == np.int32


def test_quantization(graph: Graph) -> None:
    (image,) = graph.inputs
    assert image.quantization is not None
    assert (image.dtype, image.quantization.scale, image.quantization.zero_point) == ("INT8", 1 / 128, 0)
    assert not image.quantization.per_channel
    weights = graph.operators[0].inputs[1]
    assert weights is not None
    assert weights.quantization is not None
    assert weights.quantization.axis == 0
    assert len(weights.quantization.scales) == weights.shape[0]
    assert not weights.quantization.zero_points.any()


def test_constants_are_read_only_views_of_the_file(model: bytes, graph: Graph) -> None:
    weights = graph.operators[0].inputs[1]
    assert weights is not None
    assert weights.values.shape == weights.shape
    assert not weights.values.flags.writeable
    assert np.shares_memory(weights.values, np.frombuffer(model, np.uint8))


def test_the_signature_names_inputs_and_outputs(graph: Graph) -> None:
    assert list(graph.input_names.values()) == list(graph.inputs)
    assert list(graph.output_names.values()) == list(graph.outputs)
    assert graph.outputs[0].shape == (1, 256)
    assert graph.subgraph_count == 1


@pytest.mark.parametrize("path", shipped_models(), ids=lambda path: path.stem)
def test_the_runtime_agrees_on_every_tensor(path: Path) -> None:
    data = read_model(path).network
    interpreter = load_network(data, "reference").interpreter
    graph = read_graph(data)
    for detail in interpreter.get_tensor_details():
        if detail["index"] < len(graph.tensors):
            tensor = graph.tensors[detail["index"]]
            assert tensor.name == detail["name"]
            assert tensor.shape == tuple(detail["shape"])
            if tensor.quantization is not None:
                assert tensor.quantization.scales.tolist() == detail["quantization_parameters"]["scales"].tolist()
                assert tensor.quantization.zero_point == detail["quantization_parameters"]["zero_points"][0]
    assert all(operator.kind in BUILTIN_OPERATORS for operator in graph.operators)


def test_depthwise_convolutions_count_their_kernel_once_a_channel(graph: Graph) -> None:
    depthwise = next(operator for operator in graph.operators if operator.kind == "DEPTHWISE_CONV_2D")
    _, height, width, channels = depthwise.outputs[0].shape
    assert depthwise.macs == height * width * channels * 9
    assert depthwise.weight_count == 9 * channels
    assert graph.macs == sum(operator.macs for operator in graph.operators)


def test_operators_are_numbered_as_in_the_schema() -> None:
    numbers = {0: "ADD", 3: "CONV_2D", 32: "CUSTOM", 97: "RESIZE_NEAREST_NEIGHBOR", 117: "HARD_SWISH", 150: "GELU"}
    assert {number: operator_name(number) for number in numbers} == numbers
    assert operator_name(5000) == "BUILTIN_5000"


def test_computed_tensors_have_no_values(graph: Graph) -> None:
    with pytest.raises(ModelError, match="no constant"):
        _ = graph.inputs[0].values


@given(st.binary(max_size=200))
def test_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(ModelError, match="the graph cannot be read"):
        read_graph(data)


@given(st.integers(0, 2**32), st.integers(0, 255))
def test_damage_is_a_model_error(model: bytes, seed: int, byte: int) -> None:
    damaged = bytearray(model)
    damaged[seed % min(len(model), 20_000)] = byte
    try:
        read_graph(bytes(damaged))
    except ModelError as error:
        assert "cannot be read" in str(error)  # noqa: PT017
