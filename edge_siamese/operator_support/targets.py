"""Targets and the operators they support in int8, and the check of a graph against them.

The supported operators of each target are in a table (`xnnpack.toml`, `edgetpu.toml`, `mcu.toml`), the alternatives in
`swaps.toml`. An operator that is not in the table is unsupported; one in the table may have conditions
(`conditions.py`).
"""

import tomllib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from ..tflite.graph import Graph, Operator
from .conditions import CONDITIONS

TARGETS = ("xnnpack", "edgetpu", "mcu")
EDGE_TPU_OPERATOR = "edgetpu-custom-op"
_FLOAT = {"FLOAT32", "FLOAT16"}
_TRANSLATIONS = {"QUANTIZE", "DEQUANTIZE"}


@dataclass(frozen=True)
class Target:
    """Operators that a target supports.

    Attributes:
        title: name to print.
        means: consequence for an unsupported operator.
        float: consequence for a float32 operator in a quantized network.
        operators: conditions of each supported operator.
        constant_shapes: True if all shapes must be static.
        sources: references of the table.
    """

    title: str
    means: str
    float: str
    operators: dict[str, tuple[str, ...]]
    constant_shapes: bool
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Compiled:
    """A graph written by the Edge TPU compiler, with one custom operator for each compiled part.

    Attributes:
        parts: number of custom operators; the operators inside are unknown.
        on_cpu: kinds of the operators that run on the CPU, in order of execution.
    """

    parts: int
    on_cpu: tuple[str, ...]

    @classmethod
    def of(cls, graph: Graph) -> "Compiled | None":
        """Return None for a graph that is not compiled."""
        kinds = [operator.kind for operator in graph.operators]
        parts = kinds.count(EDGE_TPU_OPERATOR)
        return cls(parts, tuple(kind for kind in kinds if kind != EDGE_TPU_OPERATOR)) if parts else None

    @property
    def cpu_share(self) -> float:
        """Share of the operators of the file that run on the CPU, 0 to 1."""
        return len(self.on_cpu) / (self.parts + len(self.on_cpu))

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"cpu_share": self.cpu_share}


def unsupported_operators(graph: Graph, target: str) -> Iterator[tuple[Operator | None, str]]:
    """Operators of a graph that a target does not support, each with the reason; None for the shape of the input.

    Args:
        graph: a float network, which is checked as if it were int8; an int8 network, in which float operators are
            unsupported; or a network compiled for the Edge TPU, in which operators on the CPU are unsupported there.
        target: a name in `TARGETS`.
    """
    table, compiled, quantized = load_target(target), Compiled.of(graph), is_quantized(graph)
    if table.constant_shapes and any(-1 in tensor.shape for tensor in graph.inputs):
        yield None, f"the shape of the input, {graph.inputs[0].shape}, is open, expected constants"
    for operator in graph.operators:
        reason = _left_by_compiler(operator, target) if compiled else _reason(operator, table, quantized)
        if reason:
            yield operator, reason


@cache
def load_target(name: str) -> Target:
    """Read the table of a target."""
    table = tomllib.loads((files(__package__) / f"{name}.toml").read_text())
    operators = {kind: tuple(conditions) for kind, conditions in table["operators"].items()}
    return Target(
        table["title"],
        table["means"],
        table["float"],
        operators,
        table.get("constant_shapes", False),
        tuple(table["sources"]),
    )


@cache
def swaps() -> dict[str, str]:
    """Read the alternatives of operators."""
    return dict(tomllib.loads((files(__package__) / "swaps.toml").read_text()))


def is_quantized(graph: Graph) -> bool:
    """Return whether a network is quantized, be it with float inputs and outputs."""
    return any(tensor.dtype == "INT8" for tensor in graph.inputs) or any(
        operator.kind in _TRANSLATIONS for operator in graph.operators
    )


def _left_by_compiler(operator: Operator, target: str) -> str:
    """Return why an operator of a compiled graph is unsupported on a target; empty if it is supported."""
    inside = operator.kind == EDGE_TPU_OPERATOR
    if target == "edgetpu":
        return "" if inside or operator.kind in _TRANSLATIONS else "the Edge TPU compiler left it on the CPU"
    return "compiled for the Edge TPU, and runs on nothing else" if inside else ""


def _reason(operator: Operator, target: Target, quantized: bool) -> str:
    """Return why an operator is unsupported on a target; empty if it is supported."""
    if operator.kind in _TRANSLATIONS and quantized:
        return ""
    if quantized and any(tensor.dtype in _FLOAT for tensor in operator.outputs):
        return f"it stayed float32: it {target.float}"
    if operator.kind not in target.operators:
        return "not in the list of supported operators"
    return "; ".join(filter(None, (CONDITIONS[name](operator) for name in target.operators[operator.kind])))
