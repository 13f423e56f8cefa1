"""The Edge TPU without one: which operators its compiler would map, and what the compiler's log says it mapped."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edge_siamese.errors import DataError
from edge_siamese.operator_support import Compiled, load_target, unsupported_operators
from edge_siamese.text_file import read_text
from edge_siamese.tflite.graph import read_graph

from .agreement import DelegateModel

_MAPPED = "Mapped to Edge TPU"
_ROW = re.compile(r"^([A-Z][A-Z0-9_]*)[ \t]+(\d+)[ \t]+(\S.*)$", re.MULTILINE)
_FIGURES = {
    "edge_tpu_subgraphs": r"^Number of Edge TPU subgraphs: (\d+)",
    "on_chip": r"^On-chip memory used for caching model parameters: (\S+)",
    "off_chip": r"^Off-chip memory used for streaming uncached model parameters: (\S+)",
    "compiler": r"^Edge TPU Compiler version (\S+)",
}


@dataclass(frozen=True)
class CompileCheck:
    """What the Edge TPU's compiler would do with a network, by Coral's list of operators.

    Attributes:
        model: name of the model.
        operators: number of operators.
        mapped: operators before the first one that is not supported; everything behind it runs on the CPU.
        unsupported: kinds and reasons, in order.
        is_compiled: True for a file that the compiler has written; `mapped` then counts its parts on the Edge TPU.
    """

    model: str
    operators: int
    mapped: int
    unsupported: tuple[tuple[str, str], ...]
    is_compiled: bool = False

    def text(self) -> str:
        """One sentence."""
        if self.is_compiled:
            return f"{self.model}: compiled for the Edge TPU, {self.mapped} parts on it, {self.operators - self.mapped} operators on the CPU"
        if not self.unsupported:
            return f"{self.model}: all {self.operators} operators are in Coral's list"
        kind, reason = self.unsupported[0]
        return (
            f"{self.model}: {self.mapped} of {self.operators} operators come before the first that stays on the CPU: {kind} "
            f"({reason})"
        )

    def to_json(self) -> dict[str, Any]:
        return {
            "model": self.model,
            "operators": self.operators,
            "mapped": self.mapped,
            "compiled": self.is_compiled,
            "unsupported": [{"operator": kind, "reason": reason} for kind, reason in self.unsupported],
            "sources": list(load_target("edgetpu").sources),
        }


def check_compilation(model: DelegateModel) -> CompileCheck:
    """Check a network's operators against Coral's list; nothing is compiled."""
    graph = read_graph(model.network)
    found = list(unsupported_operators(graph, "edgetpu"))
    left = tuple((operator.kind if operator else "input", reason) for operator, reason in found)
    compiled = Compiled.of(graph)
    if compiled:
        return CompileCheck(model.name, len(graph.operators), compiled.parts, left, is_compiled=True)
    mapped = len(graph.operators)
    if found:
        first = found[0][0]
        mapped = graph.operators.index(first) if first else 0
    return CompileCheck(model.name, len(graph.operators), mapped, left)


@dataclass(frozen=True)
class Placement:
    """Where the Edge TPU compiler placed operators, by its log.

    Attributes:
        path: the log.
        rows: operator, count and status, in the log's order.
        figures: subgraphs and memory, where the log has them, as text.
    """

    path: Path
    rows: tuple[tuple[str, int, str], ...]
    figures: dict[str, str]

    @property
    def on_tpu(self) -> int:
        """Number of operators on the Edge TPU."""
        return sum(count for _, count, status in self.rows if status == _MAPPED)

    @property
    def total(self) -> int:
        return sum(count for _, count, _ in self.rows)

    def text(self) -> str:
        """The placement as text."""
        lines = [f"{self.path.name}: the compiler placed {self.on_tpu} of {self.total} operators on the Edge TPU"]
        lines += [f"  on the CPU: {count} {kind}: {status}" for kind, count, status in self.rows if status != _MAPPED]
        return "\n".join(lines + [f"  {name.replace('_', ' ')}: {value}" for name, value in self.figures.items()])

    def to_json(self) -> dict[str, Any]:
        rows = [{"operator": kind, "count": count, "status": status} for kind, count, status in self.rows]
        return {
            "log": self.path.name,
            "on_edge_tpu": self.on_tpu,
            "operators": self.total,
            "rows": rows,
            **self.figures,
        }


def read_placement(path: Path) -> Placement:
    """Read a log or the saved output of ``edgetpu_compiler -s``.

    Raises:
        DataError: the file cannot be read, or has no table of operators.
    """
    text = read_text(path)
    rows = tuple((kind, int(count), status.strip()) for kind, count, status in _ROW.findall(text))
    if not rows:
        raise DataError(
            f"{path}: expected the table 'Operator Count Status' of edgetpu_compiler, found none", path=path
        )
    found = {name: re.search(pattern, text, re.MULTILINE) for name, pattern in _FIGURES.items()}
    return Placement(path, rows, {name: match[1] for name, match in found.items() if match})
