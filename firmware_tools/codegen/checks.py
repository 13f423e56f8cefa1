"""Checks of a model before code generation: int8, known shapes, batch size 1."""

import numpy as np

from edge_siamese.errors import DataError
from edge_siamese.tflite.graph import Graph, Operator
from edge_siamese.tflite.tensor import Tensor

from .steps import unsupported

_WEIGHTED = {"CONV_2D": 4, "DEPTHWISE_CONV_2D": 4, "FULLY_CONNECTED": 2}
"""Number of axes of the weights."""


def check_graph(graph: Graph) -> None:
    """Reject what no code can be made for.

    Raises:
        DataError: the model has branches, open shapes, float or otherwise not int8 activations, or weights that are not
            symmetric int8; it names the operator and the tensor.
    """
    if graph.subgraph_count != 1:
        raise DataError(f"the model has {graph.subgraph_count} graphs (branches or loops), expected one")
    if not graph.operators or not graph.inputs or not graph.outputs:
        raise DataError("the model computes nothing: it has no operators, inputs or outputs")
    for tensor in graph.inputs:
        _check_activation(tensor, f"input '{tensor.name}'")
    for operator in graph.operators:
        for tensor in (*operator.computed, *operator.outputs):
            _check_activation(tensor, f"{operator.kind} '{operator.outputs[0].name}'")
        if operator.kind in _WEIGHTED:
            _check_weights(operator)


def _check_activation(tensor: Tensor, where: str) -> None:
    if any(side < 0 for side in tensor.shape):
        raise DataError(f"{where}: the shape {tensor.shape} of '{tensor.name}' is open, expected constants")
    if tensor.dtype != "INT8":
        raise DataError(f"{where}: '{tensor.name}' is {tensor.dtype}, expected INT8: convert the network to full int8")
    if tensor.quantization is None or tensor.quantization.per_channel:
        raise DataError(f"{where}: '{tensor.name}' needs one scale and zero point")
    if tensor.is_variable:
        raise DataError(f"{where}: '{tensor.name}' is a variable that outlives a run, which is not supported")
    if len(tensor.shape) > 1 and tensor.shape[0] != 1:
        raise DataError(
            f"{where}: '{tensor.name}' of shape {tensor.shape} has a batch of {tensor.shape[0]}, expected 1"
        )
    if min(tensor.shape, default=1) == 0:
        raise DataError(f"{where}: '{tensor.name}' of shape {tensor.shape} is empty")


def _check_weights(operator: Operator) -> None:
    weights = operator.inputs[1] if len(operator.inputs) > 1 else None
    bias = operator.inputs[2] if len(operator.inputs) > 2 else None
    if weights is None or not weights.is_constant or (bias is not None and not bias.is_constant):
        raise unsupported(operator, "its weights are computed while it runs, expected constants")
    if weights.dtype != "INT8" or weights.is_sparse or weights.quantization is None:
        kind = "sparse" if weights.is_sparse else weights.dtype
        raise unsupported(operator, f"its weights '{weights.name}' are {kind}, expected dense INT8 with scales")
    if len(weights.shape) != _WEIGHTED[operator.kind]:
        axes = _WEIGHTED[operator.kind]
        raise unsupported(
            operator, f"its weights '{weights.name}' have the shape {weights.shape}, expected {axes} axes"
        )
    if np.any(weights.quantization.zero_points):
        raise unsupported(operator, f"its weights '{weights.name}' are asymmetric (zero points other than 0)")
    if bias is not None and bias.dtype != "INT32":
        raise unsupported(operator, f"its bias '{bias.name}' is {bias.dtype}, expected INT32")
