"""Find parts of a graph that map one int8 tensor to another value by value: each becomes one table of 256 entries.

SiLU (a LOGISTIC, and the MUL with its input), hard-swish, ``x * constant + constant`` and chains of these all do.
"""

from collections import Counter
from dataclasses import dataclass

from edge_siamese.tflite.graph import Graph, Operator
from edge_siamese.tflite.tensor import Tensor

_UNARY = {
    "ABS", "ELU", "EXP", "GELU", "HARD_SWISH", "LEAKY_RELU", "LOG", "LOGISTIC", "NEG", "QUANTIZE", "RELU", "RELU6",
    "RELU_0_TO_1", "RELU_N1_TO_1", "RSQRT", "SQRT", "SQUARE", "TANH",
}  # fmt: skip
_BINARY = {"ADD", "MAXIMUM", "MINIMUM", "MUL", "PRELU", "SQUARED_DIFFERENCE", "SUB"}


@dataclass(frozen=True, eq=False)
class Pointwise:
    """A tensor that is a function of another, value by value.

    Attributes:
        source: what it is a function of.
        target: the function's result.
        operators: that compute it from the source, in order.
    """

    source: Tensor
    target: Tensor
    operators: tuple[Operator, ...]


def find_pointwise(graph: Graph) -> list[Pointwise]:
    """The functions whose results the rest of the graph needs, in order of their last operator.

    An operator none of whose results is needed elsewhere belongs to every function that goes through it.
    """
    sources: dict[int, Tensor] = {}
    for operator in graph.operators:
        source = _source(operator, sources)
        if source is not None:
            sources[operator.outputs[0].index] = source
    needed = {tensor.index for tensor in graph.outputs}
    for operator in graph.operators:
        if operator.outputs[0].index not in sources:
            needed.update(tensor.index for tensor in operator.computed)
    producers = {operator.outputs[0].index: operator for operator in graph.operators}
    return [
        Pointwise(sources[index], producers[index].outputs[0], _cone(producers, sources, index))
        for index in sorted(needed & sources.keys(), key=lambda index: producers[index].index)
    ]


def fusable(graph: Graph, functions: list[Pointwise]) -> dict[int, Pointwise]:
    """By index of the source, the functions that can be put into the step that computes their source.

    Nothing else may need the source itself.
    """
    inside = {operator.index for function in functions for operator in function.operators}
    elsewhere = {tensor.index for tensor in (*graph.inputs, *graph.outputs)}
    for operator in graph.operators:
        if operator.index not in inside:
            elsewhere.update(tensor.index for tensor in operator.computed)
    count = Counter(function.source.index for function in functions)
    return {
        function.source.index: function
        for function in functions
        if count[function.source.index] == 1 and function.source.index not in elsewhere
    }


def _source(operator: Operator, sources: dict[int, Tensor]) -> Tensor | None:
    """The tensor that the operator's result is a function of; None where it is no such operator."""
    if operator.kind not in _UNARY | _BINARY or len(operator.outputs) != 1 or not operator.computed:
        return None
    roots = {tensor.index: tensor for tensor in (sources.get(each.index, each) for each in operator.computed)}
    constants = [tensor for tensor in operator.inputs if tensor is not None and tensor.is_constant]
    root = next(iter(roots.values()))
    result = operator.outputs[0]
    same = len(roots) == 1 and all(each.size == 1 for each in constants)
    return root if same and root.shape == result.shape and root.dtype == result.dtype == "INT8" else None


def _cone(producers: dict[int, Operator], sources: dict[int, Tensor], target: int) -> tuple[Operator, ...]:
    """The operators between a tensor and its source."""
    found: dict[int, Operator] = {}
    waiting = [target]
    while waiting:
        operator = producers[waiting.pop()]
        if operator.index not in found:
            found[operator.index] = operator
            waiting.extend(tensor.index for tensor in operator.computed if tensor.index in sources)
    return tuple(found[index] for index in sorted(found))
