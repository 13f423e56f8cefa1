"""Memory that a network's tensors need: weights, and the largest set of activations that are in use at once."""

import math
from dataclasses import dataclass
from pathlib import Path

from edge_siamese.tflite.graph import Graph, read_graph
from edge_siamese.tflite.model_card import model_bytes
from edge_siamese.tflite.tensor import Tensor

_ITEM_BYTES = {"INT8": 1, "UINT8": 1, "BOOL": 1, "INT16": 2, "FLOAT16": 2, "INT64": 8, "FLOAT64": 8}


@dataclass(frozen=True)
class TensorMemory:
    """Bytes of a network.

    Attributes:
        name: name of the model.
        file: size of the file.
        weights: constants of the graph.
        activations: largest sum of activations that are in use at once: the size of an arena without gaps.
    """

    name: str
    file: int
    weights: int
    activations: int


def tensor_memory(path: Path) -> TensorMemory:
    """Memory of a ``.tflite``.

    Raises:
        ModelError: the file is not a TFLite model, or damaged.
    """
    graph = read_graph(model_bytes(path))
    weights = sum(_bytes(tensor) for tensor in graph.tensors if tensor.is_constant)
    return TensorMemory(path.stem, path.stat().st_size, weights, live_bytes(graph))


def live_bytes(graph: Graph) -> int:
    """Largest sum of activations that are in use at once: from the operator that computes one to the last that reads it."""
    last = {tensor.index: len(graph.operators) for tensor in graph.outputs}
    for position, operator in enumerate(graph.operators):
        for tensor in operator.computed:
            last[tensor.index] = max(position, last.get(tensor.index, 0))
    live = {tensor.index: _bytes(tensor) for tensor in graph.inputs}
    largest = sum(live.values())
    for position, operator in enumerate(graph.operators):
        live |= {tensor.index: _bytes(tensor) for tensor in operator.outputs}
        largest = max(largest, sum(live.values()))
        live = {index: size for index, size in live.items() if last.get(index, -1) > position}
    return largest


def _bytes(tensor: Tensor) -> int:
    return math.prod(tensor.shape) * _ITEM_BYTES.get(tensor.dtype, 4)
