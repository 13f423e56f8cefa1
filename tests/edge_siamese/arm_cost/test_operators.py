"""Operators are read with what decides their cost, and what XNNPACK absorbs is known."""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_siamese.arm_cost import KernelOperator, parse_operators, read_operators
from edge_siamese.errors import ModelError
from edge_siamese.models import shipped_models
from edge_siamese.tflite.graph import read_graph


def test_the_first_convolution_of_the_small_embedder(small_model: Path) -> None:
    first = read_operators(small_model)[0]
    assert first == KernelOperator("CONV_2D", (112, 112, 3), (56, 56, 16), "int8", (3, 3), (2, 2))
    assert (first.label, first.macs, first.pixels) == ("conv 3x3", 56 * 56 * 16 * 27, 56 * 56)


@pytest.mark.parametrize("path", shipped_models(), ids=lambda path: path.stem)
def test_multiply_accumulates_are_those_of_the_device_packages_reader(path: Path) -> None:
    ours, theirs = read_operators(path), read_graph(path.read_bytes()).operators
    assert [operator.kind for operator in ours] == [operator.kind for operator in theirs]
    assert [operator.macs for operator in ours] == [operator.macs for operator in theirs]


def test_the_product_of_x_and_its_sigmoid_is_absorbed(small_model: Path) -> None:
    operators = read_operators(small_model)
    products = [operator for operator in operators if operator.kind == "MUL"]
    assert len(products) == 17
    assert all(operator.absorbed and operator.is_free for operator in products)
    assert not any(operator.absorbed for operator in operators if operator.kind == "LOGISTIC")


@pytest.mark.data
def test_padding_in_front_of_a_convolution_is_absorbed(data: Path) -> None:
    operators = read_operators(data / "peers/mobilefacenet_int8.tflite")
    padding = [operator for operator in operators if operator.kind == "PAD"]
    assert len(padding) == 17
    assert all(operator.absorbed for operator in padding)


@pytest.mark.data
def test_constants_are_computed_in_advance(data: Path) -> None:
    operators = read_operators(data / "peers/face_detection_short_range.tflite")
    assert all(operator.absorbed for operator in operators if operator.kind == "DEQUANTIZE")


@given(st.binary(max_size=200))
def test_other_bytes_are_rejected_in_one_sentence(data: bytes) -> None:
    with pytest.raises(ModelError, match=r"^x\.tflite: the graph cannot be read"):
        parse_operators(data, "x.tflite")


@given(position=st.integers(0, 20_000), value=st.integers(0, 255))
def test_damage_is_read_or_rejected(position: int, value: int) -> None:
    model = bytearray(shipped_models()[0].read_bytes())
    model[-1 - position] = model[position] = value
    with suppress(ModelError):
        parse_operators(bytes(model))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"none\.tflite: "):
        read_operators(tmp_path / "none.tflite")
