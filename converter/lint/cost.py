"""Predict the instructions of a network on Arm cores, before training."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from edge_siamese.arm_cost import CORES, ArmCore, KernelOperator, Prediction, as_int8, graph_operators, predict
from edge_siamese.errors import DataError
from edge_siamese.operator_support import Compiled, is_quantized
from edge_siamese.tflite.graph import Graph

UNIT = "executed instructions of one run on one thread"
NOTE = "predicted and not counted, neither cycles nor time"


@dataclass(frozen=True)
class NetworkCost:
    """Instructions of a network, predicted and not counted.

    Attributes:
        operators: operators of the int8 network, in order of execution.
        predictions: one for each core.
    """

    operators: tuple[KernelOperator, ...]
    predictions: tuple[Prediction, ...]

    @property
    def macs(self) -> int:
        """Multiply-accumulates of one run."""
        return sum(operator.macs for operator in self.operators)

    def shares(self, prediction: Prediction) -> dict[str, float]:
        """Return the share of each kind of operator in the instructions, 0 to 1, the largest first."""
        sums: dict[str, float] = {}
        for operator, instructions in zip(self.operators, prediction.operators, strict=True):
            sums[operator.label] = sums.get(operator.label, 0.0) + instructions
        total = prediction.instructions
        return {label: sums[label] / total for label in sorted(sums, key=lambda label: -sums[label]) if sums[label]}

    def to_json(self) -> dict[str, Any]:
        return {
            "basis": "predicted",
            "unit": UNIT,
            "macs": self.macs,
            "cores": {
                prediction.core: {
                    "title": CORES[prediction.core].title,
                    "instructions": round(prediction.instructions),
                    "share_by_kind": {label: round(share, 5) for label, share in self.shares(prediction).items()},
                    "unknown": list(prediction.unknown),
                }
                for prediction in self.predictions
            },
        }


def predict_cost(graph: Graph, cores: Sequence[ArmCore], name: str = "the model") -> NetworkCost:
    """Predict the instructions of one run.

    Args:
        graph: an int8 network, or a float one, which is taken as if it were int8.
        cores: cores to predict for.
        name: name of the network in error messages.

    Raises:
        DataError: the network is compiled for the Edge TPU, or the size of its input is open.
        ModelError: an operator lacks an input or an output.
    """
    if Compiled.of(graph):
        raise DataError(f"{name}: compiled for the Edge TPU; --cost needs the file that was compiled")
    opened = next((tensor for tensor in graph.inputs if any(side < 0 for side in tensor.shape[1:])), None)
    if opened:
        raise DataError(f"{name}: --cost needs a fixed input size, found {opened.shape}: give --input-size")
    operators = graph_operators(graph)
    operators = operators if is_quantized(graph) else as_int8(operators)
    return NetworkCost(tuple(operators), tuple(predict(operators, cores)))
