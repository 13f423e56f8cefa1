"""Durations of a network's operators, each measured in a model of its own.

LiteRT's Python package exposes no profiler, so every distinct operator is cut out with its weights (`arm.single_operator`)
and run alone by XNNPACK with one thread. Alone, an operator finds its input in the cache and XNNPACK cannot fuse it with a
neighbor; the report says how the sum compares with the whole network.
"""

import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edge_siamese.arm_cost import KernelOperator, parse_operators
from edge_siamese.cli.shared.output import table
from edge_siamese.errors import EdgeSiameseError
from edge_siamese.tflite.runtime import TfliteNetwork, find_runtime

from ..arm.single_operator import cut_distinct
from ..timing.measuring import RunLength, measure
from .agreement import DelegateModel

_MAX_SUM = 1.5
METHOD = "each operator alone in a model of its own, XNNPACK, one thread"


@dataclass(frozen=True)
class OperatorTime:
    """An operator with its median duration alone in nanoseconds, and how often the network has it."""

    operator: KernelOperator
    ns: float
    count: int


@dataclass(frozen=True)
class OperatorProfile:
    """Durations of the operators of one network.

    Attributes:
        model: name of the model.
        times: one for each distinct operator, the one that takes most first.
        whole_ns: median duration of the whole network in the same run.
        missing: operators that cannot be run alone, with the reason.
        partial: why the measurement is partial; empty if it is complete.
    """

    model: str
    times: tuple[OperatorTime, ...]
    whole_ns: float
    missing: tuple[str, ...] = ()
    partial: str = ""

    @property
    def sum_ns(self) -> float:
        return sum(each.ns * each.count for each in self.times)

    @property
    def doubt(self) -> str:
        """Why the shares say little; empty if they can be used."""
        if self.sum_ns <= _MAX_SUM * self.whole_ns:
            return ""
        return (
            f"the sum is {self.sum_ns / self.whole_ns:.1f} times the whole network: alone, operators run on other kernels here "
            "(such as those whose float16 weights are converted at run time), so the shares say little"
        )

    def by_kind(self) -> dict[str, float]:
        """Nanoseconds by kind of operator, the largest first."""
        sums: Counter[str] = Counter()
        for each in self.times:
            sums[each.operator.label] += each.ns * each.count  # type: ignore[assignment]
        return dict(sums.most_common())

    def text(self) -> str:
        """The profile as text."""
        total = self.sum_ns or 1.0
        rows = [(kind, f"{ns / 1e6:.3f}", f"{ns / total:.1%}") for kind, ns in self.by_kind().items()]
        lines = [
            f"{self.model}: {METHOD}; the sum is {self.sum_ns / 1e6:.3f} ms, the whole network {self.whole_ns / 1e6:.3f} ms",
            table(rows, header=("operator", "ms", "share")),
            *(f"not measured: {each}" for each in self.missing),
        ]
        lines += [f"Warning: {self.doubt}"] if self.doubt else []
        return "\n".join(lines + ([f"Partial: {self.partial}"] if self.partial else []))

    def to_json(self) -> dict[str, Any]:
        return {
            "model": self.model,
            "method": METHOD,
            "sum_ns": self.sum_ns,
            "whole_ns": self.whole_ns,
            "by_kind_ns": self.by_kind(),
            "operators": [
                {
                    "label": each.operator.label,
                    "output": list(each.operator.output_shape),
                    "macs": each.operator.macs,
                    "count": each.count,
                    "median_ns": each.ns,
                }
                for each in self.times
            ],
            "missing": list(self.missing),
            "warning": self.doubt or None,
            "partial": self.partial,
        }


def profile(model: DelegateModel, length: RunLength) -> OperatorProfile:
    """Measure the distinct operators of a network and the whole network in turns.

    Raises:
        ModelError: the network cannot be taken apart.
        RuntimeMissingError: the runtime has no schema to do so.
    """
    operators = parse_operators(model.network, model.name)
    counts = Counter(operator for operator in operators if not operator.is_free)
    whole = model.load("xnnpack", 1)
    actions: dict[str, Any] = {"": _action(model, whole)}
    labels: dict[str, KernelOperator] = {}
    missing = []
    with tempfile.TemporaryDirectory(prefix="edge-siamese-operators-") as name:
        for operator, path in cut_distinct(model.network, operators, Path(name)):
            try:
                actions[path.stem] = _invoke(path.read_bytes())
            except (ValueError, RuntimeError) as error:
                missing.append(f"{operator.label}: {str(error).splitlines()[0]}")
            else:
                labels[path.stem] = operator
        measured = measure(actions, length)
    medians = {label: taken.percentile(50) for label, taken in measured.samples.items() if len(taken)}
    if not medians:
        raise EdgeSiameseError(f"{model.name}: no operator was measured: {measured.partial}")
    times = [OperatorTime(operator, medians[label], counts[operator]) for label, operator in labels.items()]
    times.sort(key=lambda each: -each.ns * each.count)
    return OperatorProfile(model.name, tuple(times), medians[""], tuple(missing), measured.partial)


def _action(model: DelegateModel, network: TfliteNetwork) -> Any:
    pixels = model.random_input(network)
    return lambda: network.run(pixels)


def _invoke(model: bytes) -> Any:
    """A function that runs a model of one operator; its inputs stay zero."""
    interpreter = find_runtime().module.Interpreter(model_content=model, num_threads=1)
    interpreter.allocate_tensors()
    return interpreter.invoke
