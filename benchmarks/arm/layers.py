"""Instructions of a network by operator, counted or predicted."""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from edge_siamese.arm_cost import ArmCore, CostModel, KernelOperator
from edge_siamese.tflite.model_card import model_bytes

from .counting import CountingRun
from .single_operator import cut_distinct


@dataclass(frozen=True)
class LayerCost:
    """One operator of a network on one core.

    Attributes:
        index: its position in the graph.
        operator: what it is.
        instructions: of one run, without the call of the network.
    """

    index: int
    operator: KernelOperator
    instructions: float


@dataclass(frozen=True)
class Breakdown:
    """All operators of a network on one core.

    Attributes:
        core: name of the core.
        basis: ``"counted"``: each operator in a model of its own; ``"predicted"``: by the cost model.
        layers: in the order of the graph.
        missing: labels of operators that could be neither counted nor predicted; their instructions are given as 0.
    """

    core: str
    basis: str
    layers: list[LayerCost]
    missing: tuple[str, ...] = ()

    @property
    def instructions(self) -> float:
        """Of all operators."""
        return sum(layer.instructions for layer in self.layers)

    def by_kind(self) -> dict[str, float]:
        """Share of each kind of operator, 0 to 1, the largest first; kinds are named by `KernelOperator.label`."""
        total = self.instructions or 1.0
        sums: dict[str, float] = {}
        for layer in self.layers:
            sums[layer.operator.label] = sums.get(layer.operator.label, 0.0) + layer.instructions
        return {label: value / total for label, value in sorted(sums.items(), key=lambda entry: -entry[1]) if value}


def predicted_breakdown(operators: Sequence[KernelOperator], core: ArmCore) -> Breakdown:
    """A network's operators by the cost model."""
    prediction = CostModel.shipped(core).predict(operators)
    layers = [
        LayerCost(index, operator, instructions)
        for index, (operator, instructions) in enumerate(zip(operators, prediction.operators, strict=True))
    ]
    return Breakdown(core.name, "predicted", layers, prediction.unknown)


def counted_breakdowns(
    path: Path,
    operators: Sequence[KernelOperator],
    run: CountingRun,
    cores: Sequence[ArmCore],
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[Breakdown]:
    """A network's operators counted one by one, each in a model of its own.

    Args:
        path: the ``.tflite``.
        operators: its operators.
        run: what counts.
        cores: on which.
        progress: is given how many counts are done and how many there are.

    Raises:
        ModelError: the model cannot be taken apart.
        RuntimeMissingError: the host's runtime cannot take models apart.
    """
    with tempfile.TemporaryDirectory() as name:
        files = {operator: str(file) for operator, file in cut_distinct(model_bytes(path), operators, Path(name))}
        counts = run.count(
            [{"name": file, "kind": "network", "path": file} for file in files.values()], cores, progress
        )
    alone = {(count.name, count.core): count.instructions for count in counts if not count.error}
    return [_counted(operators, files, alone, core) for core in cores]


def _counted(
    operators: Sequence[KernelOperator],
    files: dict[KernelOperator, str],
    alone: dict[tuple[str, str], float],
    core: ArmCore,
) -> Breakdown:
    call = CostModel.shipped(core).coefficients["call"]["operator"]
    layers: list[LayerCost] = []
    missing: dict[str, None] = {}
    for index, operator in enumerate(operators):
        instructions = 0.0
        if not operator.is_free:
            found = alone.get((files[operator], core.name))
            if found is None:
                missing[operator.label] = None
            else:
                instructions = max(found - call, 0.0)
        layers.append(LayerCost(index, operator, instructions))
    return Breakdown(core.name, "counted", layers, tuple(missing))
