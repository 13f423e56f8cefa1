"""Sizes of tensors are those of the graph."""

import math
from dataclasses import replace
from pathlib import Path

import pytest

from edge_siamese.models import shipped_models
from edge_siamese.tflite.graph import Graph, Operator, read_graph
from edge_siamese.tflite.model_card import model_bytes
from edge_siamese.tflite.tensor import Tensor
from edge_siamese_benchmarks.memory.tensors import live_bytes, tensor_memory


@pytest.fixture
def tensor() -> Tensor:
    """Any activation of a shipped model, to copy."""
    return read_graph(model_bytes(shipped_models()[0])).inputs[0]


def graph_of(operators: list[tuple[list[Tensor], list[Tensor]]], inputs: list[Tensor], outputs: list[Tensor]) -> Graph:
    listed = tuple(Operator(i, "ADD", 1, tuple(a), tuple(b), {}) for i, (a, b) in enumerate(operators))
    return Graph((), tuple(inputs), tuple(outputs), listed, {}, {}, 1)


def test_what_is_in_use_at_once_is_counted(tensor: Tensor) -> None:
    a, b, c, d = (
        replace(tensor, index=i, shape=(1, size), dtype=dtype)
        for i, (size, dtype) in enumerate([(100, "INT8"), (50, "FLOAT32"), (30, "INT8"), (10, "INT8")])
    )
    # a -> b; (a, b) -> c; c -> d: at the second operator a, b and c are in use.
    assert live_bytes(graph_of([([a], [b]), ([a, b], [c]), ([c], [d])], [a], [d])) == 100 + 200 + 30
    # b is an output, so it stays in use.
    assert live_bytes(graph_of([([a], [b]), ([a], [c]), ([c], [d])], [a], [b, d])) == 100 + 200 + 30


@pytest.mark.parametrize("path", shipped_models(), ids=lambda path: path.stem)
def test_shipped_models(path: Path) -> None:
    memory, graph = tensor_memory(path), read_graph(model_bytes(path))
    assert memory.name == path.stem
    assert memory.weights < memory.file
    largest = max(math.prod(operator.outputs[0].shape) for operator in graph.operators)
    assert largest <= memory.activations <= 3 * largest
