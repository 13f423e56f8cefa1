"""HTML report of a training run: one self-contained file that opens offline."""

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
    """Write ``report.json``, ``evaluation.npz`` and ``report.html`` of a run, each atomically.

    Args:
        folder: run folder; illustrations are read from it.
        report: texts and metrics.
        arrays: embeddings and thumbnails of the test images; None omits the plots that need them.

    Returns:
        Path of the page.

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
    """Rebuild the page from the saved results of a run.

    Raises:
        RuntimeMissingError: a package for pages is not installed.
        DataError: the folder is no finished run.
    """
    require_packages()
    report = RunReport.read(folder)
    return _write(folder, report, RunArrays.read(folder) if (folder / ARRAYS).exists() else None)


def require_packages() -> None:
    """Check before training that the packages for reports are installed.

    Raises:
        RuntimeMissingError: jinja2, matplotlib or scikit-learn is not installed.
    """
    require(_PACKAGES, "converter")


def render(folder: Path, report: RunReport, arrays: RunArrays | None) -> str:
    """Return the page as HTML."""
    environment = page_templates(Path(__file__).parent)
    environment.filters |= {"share": _share, "signed": _signed}
    final = report.final_metrics
    body: str = environment.get_template(_TEMPLATE).render(
        run=report,
        final=final,
        compared=_compared(report),
        images=figure_images(report),
        embedding_plots=embedding_images(arrays, final.confusion["threshold"]) if arrays else None,
        illustrations=[(each, illustration(folder / each.file)) for each in report.illustrations],
        version=__version__,
    )
    return page_html(report.title, body, notice=PHOTOS if shows_people(report, arrays) else "")


def shows_people(report: RunReport, arrays: RunArrays | None) -> bool:
    """Check whether the page contains images of people."""
    return report.data.classes == "people" and bool(arrays or report.illustrations)


def metric_rows(report: RunReport) -> tuple[list[str], list[list[str]]]:
    """Return header and rows of the table of metrics: published, shipped embedder, float, int8."""
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
    """Return a row for each metric: published, shipped embedder, float, int8, and the better one."""
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
    """Format a share with four decimals; None is a dash."""
    return "-" if value is None else f"{round(value, 4) + 0.0:.4f}"


def _signed(difference: float) -> str:
    """Format a difference of shares with four decimals and its sign; zero has no sign."""
    text = f"{difference:+.4f}"
    return text[1:] if float(text) == 0 else text
