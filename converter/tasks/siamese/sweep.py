"""Grid search: run a recipe with every combination of values and write the metrics to one table.

An interrupted sweep resumes: finished runs are read from their folders, an unfinished run is continued.
"""

import csv
import hashlib
import io
import itertools
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from edge_siamese.atomic import write_atomically
from edge_siamese.errors import EdgeSiameseError

from ...recipes.schema import load_recipe
from ...recipes.siamese import SiameseRecipe
from ...reports.run_report import REPORT, RunReport
from .run import run_recipe

TABLE = "sweep.csv"
_METRICS = ("auc", "eer", "accuracy")
Changes = dict[str, str]


def combinations(grid: Mapping[str, Sequence[str]]) -> list[Changes]:
    """Return all combinations of one value per key; the last key changes fastest."""
    return [dict(zip(grid, values, strict=True)) for values in itertools.product(*grid.values())]


def sweep(
    recipe: str,
    data: Path | None,
    folder: Path,
    grid: Mapping[str, Sequence[str]],
    *,
    quick: bool = False,
    on_row: Callable[[dict[str, str]], None] = lambda row: None,
) -> list[dict[str, str]]:
    """Run a recipe with every combination of a grid.

    Args:
        recipe: name of a shipped recipe, or a path.
        data: see `run.run_recipe`.
        folder: folder for the run folders and ``sweep.csv``, which is rewritten after every run.
        grid: values as TOML text, by dotted key.
        quick: shorten every run.
        on_row: called with each finished row.

    Returns:
        Rows of the table: run, changes, metrics, or the error of the run.

    Raises:
        DataError: a change is invalid for the recipe; no run is started in that case.
    """
    expected = combinations(grid)
    recipes = [load_recipe(recipe, SiameseRecipe, changes) for changes in expected]
    rows: list[dict[str, str]] = []
    for changes, chosen in zip(expected, recipes, strict=True):
        name = _name(changes, quick)
        row = {"run": name, **changes} | _metrics(chosen, data, folder / name, quick)
        rows.append(row)
        _write(folder / TABLE, rows)
        on_row(row)
    return rows


def best(rows: Sequence[dict[str, str]]) -> dict[str, str] | None:
    """Return the row with the highest validation AUC; test metrics are not used."""
    able = [row for row in rows if row["validation_auc"]]
    return max(able, key=lambda row: float(row["validation_auc"])) if able else None


def _name(changes: Changes, quick: bool) -> str:
    """Return the folder name, which depends on the changes only."""
    text = json.dumps(changes, sort_keys=True) + ("quick" if quick else "")
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _metrics(recipe: SiameseRecipe, data: Path | None, folder: Path, quick: bool) -> dict[str, str]:
    try:
        if not (folder / REPORT).exists():
            run_recipe(recipe, data, folder, quick=quick)
        return dict(_row_metrics(RunReport.read(folder)))
    except EdgeSiameseError as error:
        return dict.fromkeys(_COLUMNS, "") | {"error": str(error)}


_COLUMNS = (
    "validation_auc",
    *(f"{kind}_{figure}" for kind in ("float", "int8") for figure in _METRICS),
    "epochs",
    "error",
)


def _row_metrics(report: RunReport) -> Iterator[tuple[str, str]]:
    yield "validation_auc", f"{max((line['auc'] for line in report.curves), default=0.0):.5f}"
    for kind, metrics in (("float", report.float_metrics), ("int8", report.int8_metrics)):
        for figure in _METRICS:
            yield f"{kind}_{figure}", f"{metrics.verification[figure]:.5f}" if metrics else ""
    yield "epochs", str(len(report.curves))
    yield "error", ""


def _write(path: Path, rows: Sequence[dict[str, str]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, rows[0])
    writer.writeheader()
    writer.writerows(rows)
    with write_atomically(path) as stream:
        stream.write(text.getvalue().encode())
