"""Predict the instructions of a network from its operators, without running or training it."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from .cores import CORES, ArmCore
from .operators import KernelOperator, read_operators
from .terms import terms

COEFFICIENTS_FILE = "cost_model.json"
Coefficients = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class Prediction:
    """What a network would execute on one core.

    Attributes:
        core: name of the core.
        operators: instructions of each operator, 0 for one that is free or unknown.
        call: instructions of a call of the network itself.
        unknown: kinds of operators that the model does not know; with any, the prediction is too low.
    """

    core: str
    operators: tuple[float, ...]
    call: float
    unknown: tuple[str, ...]

    @property
    def instructions(self) -> float:
        """Of one run of the network."""
        return sum(self.operators) + self.call


class CostModel:
    """The fitted coefficients of one core.

    Args:
        core: which.
        coefficients: by group and term, instructions; ``{"call": {"operator": ...}}`` is the cost of a call itself.
    """

    def __init__(self, core: ArmCore, coefficients: Coefficients) -> None:
        self.core, self.coefficients = core, coefficients

    @classmethod
    def shipped(cls, core: ArmCore) -> "CostModel":
        """The one fitted on the shipped table of counted operators."""
        return cls(core, _shipped_coefficients()[core.name])

    def knows(self, operator: KernelOperator) -> bool:
        """Whether the operator can be predicted."""
        return operator.is_free or terms(operator, self.core)[0] in self.coefficients

    def instructions(self, operator: KernelOperator) -> float:
        """Instructions of one operator, 0 where `knows` is false."""
        if operator.is_free:
            return 0.0
        group, found = terms(operator, self.core)
        coefficients = self.coefficients.get(group, {})
        return sum(coefficients.get(name, 0.0) * value for name, value in found.items())

    def predict(self, operators: Sequence[KernelOperator]) -> Prediction:
        """Instructions of a network's operators."""
        unknown = dict.fromkeys(operator.label for operator in operators if not self.knows(operator))
        call = self.coefficients["call"]["operator"]
        return Prediction(self.core.name, tuple(map(self.instructions, operators)), call, tuple(unknown))


@cache
def _shipped_coefficients() -> dict[str, dict[str, dict[str, float]]]:
    document: dict[str, Any] = json.loads(files(__package__).joinpath(COEFFICIENTS_FILE).read_text())
    return {core: document["cores"][core] for core in document["cores"]}


def predict(
    network: str | Path | Sequence[KernelOperator], cores: Iterable[ArmCore] = tuple(CORES.values())
) -> list[Prediction]:
    """Predict the instructions of one run of a network on each core.

    Args:
        network: a ``.tflite`` file or operators.
        cores: all by default.

    Raises:
        ModelError: the file cannot be read, or is no model.
    """
    operators = read_operators(Path(network)) if isinstance(network, str | Path) else network
    return [CostModel.shipped(core).predict(operators) for core in cores]
