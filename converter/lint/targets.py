"""Hold a graph against what targets document.

What a target takes is a table (`xnnpack.toml`, `edgetpu.toml`, `mcu.toml`), what to use instead another (`swaps.toml`).
An operator that is not in a target's table leaves it; one that is there may have conditions (`conditions.py`).
"""

import tomllib
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from edge_siamese.tflite.graph import Graph, Operator

from ..layer_names import LayerNames
from .conditions import CONDITIONS

TARGETS = ("xnnpack", "edgetpu", "mcu")
EDGE_TPU_OPERATOR = "edgetpu-custom-op"
_FLOAT = {"FLOAT32", "FLOAT16"}
_TRANSLATIONS = {"QUANTIZE", "DEQUANTIZE"}


@dataclass(frozen=True)
class Target:
    """What a target takes.

    Attributes:
        title: for people.
        means: what happens to an operator it does not take.
        float: what happens to one that stayed float32 in a quantized network.
        operators: the conditions of each that it takes.
        constant_shapes: whether every shape has to be known before it runs.
        sources: where the table is from.
    """

    title: str
    means: str
    float: str
    operators: dict[str, tuple[str, ...]]
    constant_shapes: bool
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Finding:
    """One operator that leaves a target.

    Attributes:
        target: one of `TARGETS`; its `means` says what follows.
        layer: the layer's name, or that of the tensor it computes.
        operator: its kind in the .tflite.
        reason: why it leaves.
        swap: what to use instead; may be empty.
    """

    target: str
    layer: str
    operator: str
    reason: str
    swap: str

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Compiled:
    """A graph that the Edge TPU compiler has written: what it took is one custom operator for each part.

    Attributes:
        parts: custom operators; what is inside them cannot be counted.
        on_cpu: kinds of the operators that the compiler left outside, in the order in which they run.
    """

    parts: int
    on_cpu: tuple[str, ...]

    @classmethod
    def of(cls, graph: Graph) -> "Compiled | None":
        """None for a graph that is not compiled."""
        kinds = [operator.kind for operator in graph.operators]
        parts = kinds.count(EDGE_TPU_OPERATOR)
        return cls(parts, tuple(kind for kind in kinds if kind != EDGE_TPU_OPERATOR)) if parts else None

    @property
    def cpu_share(self) -> float:
        """Share of the file's operators that stay on the CPU."""
        return len(self.on_cpu) / (self.parts + len(self.on_cpu))

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"cpu_share": self.cpu_share}


def lint(graph: Graph, targets: Sequence[str] = TARGETS, layers: Collection[str] = ()) -> list[Finding]:
    """Find what leaves.

    Args:
        graph: of a float network, which is judged as if it were int8, or of an int8 one, in which what stayed float is
            a finding itself. Of one compiled for the Edge TPU, what the compiler left outside is a finding there.
        targets: of `TARGETS`.
        layers: names of the Keras layers it came from, where there are any.
    """
    names = LayerNames(graph, layers)
    compiled = Compiled.of(graph)
    quantized = any(tensor.dtype == "INT8" for tensor in graph.inputs) or _is_quantized(graph)
    findings = []
    for name in targets:
        target = load_target(name)
        if target.constant_shapes and any(-1 in tensor.shape for tensor in graph.inputs):
            reason = f"the shape of the input, {graph.inputs[0].shape}, is open, expected constants"
            findings.append(Finding(name, "input", "SHAPE", reason, swaps()["SHAPE"]))
        for operator in graph.operators:
            reason = _left_by_compiler(operator, name) if compiled else _reason(operator, target, quantized)
            if reason:
                findings.append(
                    Finding(name, names.of(operator), operator.kind, reason, swaps().get(operator.kind, ""))
                )
    return findings


@cache
def load_target(name: str) -> Target:
    """The table of a target."""
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
    """What to use instead of an operator."""
    return dict(tomllib.loads((files(__package__) / "swaps.toml").read_text()))


def _is_quantized(graph: Graph) -> bool:
    return any(operator.kind in _TRANSLATIONS for operator in graph.operators)


def _left_by_compiler(operator: Operator, target: str) -> str:
    """Why an operator of a graph compiled for the Edge TPU leaves a target; empty when it does not."""
    inside = operator.kind == EDGE_TPU_OPERATOR
    if target == "edgetpu":
        return "" if inside or operator.kind in _TRANSLATIONS else "the Edge TPU compiler left it on the CPU"
    return "compiled for the Edge TPU, and runs on nothing else" if inside else ""


def _reason(operator: Operator, target: Target, quantized: bool) -> str:
    """Why an operator leaves a target; empty when it does not."""
    if operator.kind in _TRANSLATIONS and quantized:
        return ""
    if quantized and any(tensor.dtype in _FLOAT for tensor in operator.outputs):
        return f"it stayed float32: it {target.float}"
    if operator.kind not in target.operators:
        return "not in the list of operators that are taken"
    return "; ".join(filter(None, (CONDITIONS[name](operator) for name in target.operators[operator.kind])))
