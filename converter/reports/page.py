"""The page of a run: a view of its document and arrays, one HTML file that opens offline."""

from pathlib import Path
from typing import Any

from edge_siamese import __version__
from edge_siamese.reports.formatting import percent
from edge_siamese.reports.pages import PHOTOS, page_html, page_templates, require, write_page

from .plots import embedding_images, figure_images, illustration
from .run_report import ARRAYS, PAGE, RunArrays, RunReport

_PACKAGES = ("jinja2", "matplotlib", "sklearn")
_TEMPLATE = "run.html"
METRICS = {"auc": "AUC", "eer": "Equal error rate", "accuracy": "Accuracy"}


def write_run_report(folder: Path, report: RunReport, arrays: RunArrays | None = None) -> Path:
    """Write a run's ``report.json``, ``evaluation.npz`` and ``report.html``, each whole or not at all.

    Args:
        folder: of the run; illustrations are read from it.
        report: words and figures.
        arrays: the test images; without them the page shows no image of theirs.

    Returns:
        The page.

    Raises:
        RuntimeMissingError: a package for pages is not installed.
        DataError: an illustration cannot be read.
    """
    require_packages()
    if arrays:
        arrays.save(folder)
    report.save(folder)
    return _write(folder, report, arrays)


def rebuild_run_report(folder: Path) -> Path:
    """Make the page anew of what the folder keeps.

    Raises:
        RuntimeMissingError: a package for pages is not installed.
        DataError: the folder is no finished run.
    """
    require_packages()
    report = RunReport.read(folder)
    return _write(folder, report, RunArrays.read(folder) if (folder / ARRAYS).exists() else None)


def require_packages() -> None:
    """Say what a page needs before hours are spent training.

    Raises:
        RuntimeMissingError: jinja2, matplotlib or scikit-learn is not installed.
    """
    require(_PACKAGES, "converter")


def render(folder: Path, report: RunReport, arrays: RunArrays | None) -> str:
    """The page as text."""
    environment = page_templates(Path(__file__).parent)
    environment.filters |= {"share": _share, "signed": _signed}
    shipped = report.final_metrics
    body: str = environment.get_template(_TEMPLATE).render(
        run=report,
        shipped=shipped,
        compared=_compared(report),
        images=figure_images(report),
        embedding_plots=embedding_images(arrays, shipped.confusion["threshold"]) if arrays else None,
        illustrations=[(each, illustration(folder / each.file)) for each in report.illustrations],
        version=__version__,
    )
    return page_html(report.title, body, notice=PHOTOS if shows_people(report, arrays) else "")


def shows_people(report: RunReport, arrays: RunArrays | None) -> bool:
    """Whether the page has images of people in it."""
    return report.data.classes == "people" and bool(arrays or report.illustrations)


def metric_rows(report: RunReport) -> tuple[list[str], list[list[str]]]:
    """Header and rows of the metrics, published, of the shipped embedder, float and int8, for a terminal."""
    optional = {"published": report.published, "shipped": report.shipped_metrics, "int8": report.int8_metrics}
    columns = [name for name in ("published", "shipped", "float", "int8") if optional.get(name, name)]
    rows = [[row["name"], *(_cell(row, name) for name in columns)] for row in _compared(report)]
    return ["", *columns], rows


def _cell(row: dict[str, Any], column: str) -> str:
    value = row[column]
    return "-" if value is None else _share(value) if row["is_area"] else percent(value)


def _write(folder: Path, report: RunReport, arrays: RunArrays | None) -> Path:
    write_page(folder / PAGE, render(folder, report, arrays))
    return folder / PAGE


def _compared(report: RunReport) -> list[dict[str, Any]]:
    """A row for each metric: published, of the shipped embedder, float, int8, and who is better."""
    floating, quantized = report.float_metrics, report.int8_metrics
    published = report.published.metrics if report.published else {}
    beside = report.shipped_metrics
    rows = []
    for name, label in METRICS.items():
        value = floating.verification[name]
        best = quantized.verification[name] if quantized else value
        theirs = published.get(name)  # type: ignore[call-overload]
        rows.append(
            {
                "name": label,
                "is_area": name == "auc",
                "published": theirs,
                "shipped": beside and beside.verification[name],
                "shipped_interval": beside and beside.verification["person_intervals_95"][name],
                "float": value,
                "float_interval": floating.verification["person_intervals_95"][name],
                "int8": quantized and quantized.verification[name],
                "int8_interval": quantized and quantized.verification["person_intervals_95"][name],
                "cost": quantized and quantized.verification[name] - value,
                "gain": None if theirs is None else best - theirs,
                "better": None if theirs is None else (best < theirs if name == "eer" else best > theirs),
            }
        )
    return rows


def _share(value: float | None) -> str:
    """A share of one with four decimals, or a dash."""
    return "-" if value is None else f"{round(value, 4) + 0.0:.4f}"


def _signed(difference: float) -> str:
    """A difference of shares of one with four decimals and its sign; nothing has none."""
    text = f"{difference:+.4f}"
    return text[1:] if float(text) == 0 else text
