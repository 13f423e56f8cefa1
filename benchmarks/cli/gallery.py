"""``edge-siamese bench gallery``: search among many templates beside FAISS, and galleries of many people."""

import tempfile
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edge_siamese.cli.shared.options import json_option
from edge_siamese.cli.shared.output import emit_json
from edge_siamese.cli.shared.progress import progress_line

from .measured import length_options, run_length

if TYPE_CHECKING:
    from ..timing.gallery_search import SearchReport
    from ..timing.gallery_size import GallerySize

_MAX = 4_000_000


@click.command()
@click.option(
    "--templates", type=click.IntRange(10, _MAX), default=1_000_000, show_default=True, help="Templates to search."
)
@click.option(
    "--people",
    type=click.IntRange(0, 1_000_000),
    default=0,
    show_default=True,
    help="Also build, check, write and open a gallery of this many people.",
)
@click.option(
    "--raw",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write every sample to this JSON lines file while measuring.",
)
@length_options
@json_option
def gallery(
    templates: int,
    people: int,
    raw: Path | None,
    quick: bool,
    repeat: int | None,
    warmup: int | None,
    max_seconds: float | None,
    as_json: bool,
) -> None:
    """Measure the search of a gallery: one query against random templates, beside FAISS on the same ones.

    All searches run in turns on one thread and have to find the template that the query was made from. Memory is what
    each search adds to the int8 templates. Needs the extra `bench`.
    """
    from edge_siamese.models import default_model
    from edge_siamese.tflite.model_card import read_card

    from ..timing.gallery_search import measure_searches
    from ..timing.gallery_size import measure_gallery_size
    from ..timing.journal import Journal

    length, mode = run_length(quick, repeat, warmup, max_seconds)
    card = read_card(default_model("embedder"))
    about = {"benchmark": "gallery", "mode": mode, "templates": templates, "dimension": card.dimension}
    with Journal(raw, about) if raw else nullcontext() as journal:
        report = measure_searches(templates, card.dimension, length, recorder=journal)
        if journal:
            journal.finish(report.measurement.partial)
    size = None
    if people:
        with tempfile.TemporaryDirectory() as folder, progress_line("comparing") as progress:
            size = measure_gallery_size(card, people, Path(folder), progress)
    if as_json:
        emit_json("bench-gallery", {"mode": mode, "search": report.to_json(), "size": size and size.to_json()})
        return
    _print(report, size)


def _print(report: "SearchReport", size: "GallerySize | None") -> None:
    click.echo(f"one query against {report.templates:,} templates of {report.dimension} bytes")
    print_table(report.rows())
    click.echo(f"1,000 templates: {report.few_cpu_us:.0f} us of processor time")
    if report.measurement.partial:
        click.echo(f"partial: {report.measurement.partial}")
    if size:
        click.echo(f"a gallery of {size.people:,} people, {size.file_bytes:,} bytes")
        print_table(size.rows())


def print_table(rows: list[tuple[str, ...]]) -> None:
    """Print rows of cells in columns."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
