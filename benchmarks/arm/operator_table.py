"""Operators counted one by one: the data that the cost model is fitted on."""

import csv
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from io import StringIO
from pathlib import Path

from edge_siamese.arm_cost import CORES, ArmCore, KernelOperator, read_operators
from edge_siamese.errors import DataError
from edge_siamese.tflite.model_card import model_bytes

from .counting import CountingRun
from .device import write_text
from .single_operator import cut_distinct

SHIPPED_TABLE = "operators.csv"
_FIELDS = ("kind", "dtype", "input", "output", "kernel", "stride", "broadcast")


@dataclass(frozen=True)
class CountedOperator:
    """An operator and what a model of it alone executes.

    Attributes:
        operator: which.
        instructions: by core; of one call from Python, so the runtime's own part is in it.
    """

    operator: KernelOperator
    instructions: Mapping[str, float]


def collect(
    models: Sequence[Path],
    run: CountingRun,
    cores: Sequence[ArmCore],
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[CountedOperator]:
    """Count every distinct operator of some networks, each in a model of its own.

    Operators that cannot run alone are left out. Those that XNNPACK does not take are counted with the runtime's own
    kernels, as in a whole network.

    Raises:
        ModelError: a file is not a TFLite model.
        RuntimeMissingError: the host's runtime cannot cut models.
    """
    known: set[KernelOperator] = set()
    with tempfile.TemporaryDirectory() as name:
        paths: dict[str, KernelOperator] = {}
        for model in models:
            data = model_bytes(model)
            for operator, path in cut_distinct(data, read_operators(model), Path(name), known):
                paths[str(path)] = operator
        items = [{"name": path, "kind": "network", "path": path} for path in paths]
        counts = run.count(items, cores, progress)
    by_path: dict[str, dict[str, float]] = {}
    for count in counts:
        if not count.error:
            by_path.setdefault(count.name, {})[count.core] = count.instructions
    return [CountedOperator(paths[path], by_core) for path, by_core in by_path.items()]


def write_table(counted: Iterable[CountedOperator], cores: Sequence[str]) -> str:
    """The table as CSV, whole instructions, sorted."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*_FIELDS, *cores])
    rows = [
        [*_describe(entry.operator), *(_number(entry.instructions.get(core)) for core in cores)] for entry in counted
    ]
    writer.writerows(sorted(rows))
    return text.getvalue()


def read_table(text: str) -> list[CountedOperator]:
    """Read what `write_table` wrote.

    Raises:
        DataError: the text is not of that form.
    """
    reader = csv.DictReader(text.splitlines())
    try:
        fields = list(reader.fieldnames or [])
    except csv.Error:
        fields = []
    cores = [name for name in fields if name not in _FIELDS]
    if not set(_FIELDS) <= set(fields) or not cores or not set(cores) <= set(CORES):
        raise DataError(f"operator counts: expected the columns {', '.join(_FIELDS)} and some of {', '.join(CORES)}")
    try:
        return [_counted(row, cores) for row in reader]
    except (csv.Error, TypeError, ValueError) as error:
        raise DataError(f"operator counts: line {reader.line_num} is not of the expected form") from error


def _counted(row: Mapping[str, str], cores: Sequence[str]) -> CountedOperator:
    return CountedOperator(_operator(row), {core: float(row[core]) for core in cores if row[core]})


def shipped_table() -> list[CountedOperator]:
    """The operators that the shipped cost model was fitted on."""
    return read_table(files(__package__).joinpath(SHIPPED_TABLE).read_text())


def read_table_file(path: Path) -> list[CountedOperator]:
    """Read a file that `write_table_file` wrote.

    Raises:
        DataError: it cannot be read, or is not of that form.
    """
    try:
        return read_table(path.read_text())
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: expected a table of counted operators, cannot read it ({error})") from error


def write_table_file(path: Path, counted: Iterable[CountedOperator]) -> None:
    """Write a table with a column for every core, atomically."""
    write_text(path, write_table(counted, list(CORES)))


def merge(counted: Iterable[CountedOperator], more: Iterable[CountedOperator]) -> list[CountedOperator]:
    """Both tables, one entry for each operator; counts of `more` replace those of `counted`."""
    merged: dict[KernelOperator, dict[str, float]] = {}
    for entry in (*counted, *more):
        merged.setdefault(entry.operator, {}).update(entry.instructions)
    return [CountedOperator(operator, instructions) for operator, instructions in merged.items()]


def _describe(operator: KernelOperator) -> list[str]:
    shapes = (operator.input_shape, operator.output_shape, operator.kernel, operator.stride)
    shown = ["x".join(map(str, shape)) for shape in shapes]
    return [operator.kind, operator.dtype, *shown, str(int(operator.broadcast))]


def _operator(row: Mapping[str, str]) -> KernelOperator:
    height, width = _shape(row["kernel"])
    down, right = _shape(row["stride"])
    return KernelOperator(
        row["kind"],
        _shape(row["input"]),
        _shape(row["output"]),
        row["dtype"],
        (height, width),
        (down, right),
        broadcast=bool(int(row["broadcast"])),
    )


def _shape(text: str) -> tuple[int, ...]:
    return tuple(int(side) for side in text.split("x")) if text else ()


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.0f}"
