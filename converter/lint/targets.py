"""Operators of a graph that targets do not support, with the names of the Keras layers and the alternatives."""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from edge_siamese.operator_support import TARGETS, swaps, unsupported_operators
from edge_siamese.tflite.graph import Graph

from ..layer_names import LayerNames


@dataclass(frozen=True)
class UnsupportedOperator:
    """An operator that a target does not support.

    Attributes:
        target: one of `TARGETS`; its `means` describes the consequence.
        layer: name of the layer, or of the output tensor.
        operator: kind of the operator in the .tflite.
        reason: why it is unsupported.
        swap: alternative; may be empty.
    """

    target: str
    layer: str
    operator: str
    reason: str
    swap: str

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def lint(graph: Graph, targets: Sequence[str] = TARGETS, layers: Collection[str] = ()) -> list[UnsupportedOperator]:
    """Find the unsupported operators.

    Args:
        graph: see `operator_support.unsupported_operators`.
        targets: names in `TARGETS`.
        layers: names of the Keras layers, if known.
    """
    names = LayerNames(graph, layers)
    findings = []
    for target in targets:
        for operator, reason in unsupported_operators(graph, target):
            kind, layer = (operator.kind, names.of(operator)) if operator else ("SHAPE", "input")
            findings.append(UnsupportedOperator(target, layer, kind, reason, swaps().get(kind, "")))
    return findings
