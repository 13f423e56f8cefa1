"""``edge-siamese representatives``: show the selected templates of each person, and accuracy against size."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edge_siamese.cli.shared.galleries import (
    PATH,
    STRATEGIES,
    note,
    report_skipped,
    selection_from,
    selection_options,
    skipped_json,
)
from edge_siamese.cli.shared.options import engine_options, json_option, target_fpir_option
from edge_siamese.cli.shared.output import emit_json, table
from edge_siamese.cli.shared.progress import progress_line

if TYPE_CHECKING:
    from edge_siamese.gallery.templates.selection import SelectionOptions

    from ..template_selection.photos import Photos

TSNE_MEDOID = "tsne-medoid"


@click.command()
@click.argument("source", metavar="PHOTOS|EMBEDDINGS.npz", type=PATH)
@selection_options(*STRATEGIES, TSNE_MEDOID)
@click.option(
    "--curve", "curves", type=PATH, multiple=True, help="Also write accuracy against bytes as .svg or .csv; repeatable."
)
@click.option("--all", "everything", is_flag=True, help="Also list the photos that are represented by others.")
@click.option(
    "--largest-face", "largest_only", is_flag=True, help="Use the largest face of a photo with several faces."
)
@target_fpir_option
@engine_options
@json_option
def representatives(
    source: Path,
    limit: int | None,
    strategy: str | None,
    budget: str | None,
    reject_outliers: bool,
    curves: tuple[Path, ...],
    everything: bool,
    largest_only: bool,
    target_fpir: float,
    as_json: bool,
    **models: Any,
) -> None:
    """Show which photos of each person 'gallery build' would select as templates, and why.

    PHOTOS is a folder, zip or tar of <person>/<photo>, EMBEDDINGS.npz the output of 'embed' for one. No file is moved
    or changed.

    The curve uses its own split: strangers are never enrolled, and accuracy is measured on photos that are not
    candidates for templates.
    """
    from edge_siamese.gallery import Gallery
    from edge_siamese.gallery.metadata import describe
    from edge_siamese.gallery.templates.budget import sizes_of
    from edge_siamese.gallery.templates.selection import with_selected

    from ..template_selection.curve import check_curve_path
    from ..template_selection.selection import account, choose

    tsne = strategy == TSNE_MEDOID
    options = selection_from(
        limit=limit, strategy=None if tsne else strategy, budget=budget, reject_outliers=reject_outliers
    )
    for path in curves:
        check_curve_path(path)
    photos = _photos(source, largest_only, **models)
    report_skipped(photos.skipped)
    empty = Gallery.empty(photos.card, describe())
    choices = choose(photos, empty, options, tsne=tsne)
    gallery = with_selected(empty, photos.templates(), choices)
    size = sizes_of(gallery)(len(gallery.templates))
    accounts = [account(photos, name, choice) for name, choice in choices.items()]
    points = _write_curves(curves, photos, target_fpir, options, tsne)
    if as_json:
        body = {
            "strategy": TSNE_MEDOID if tsne else str(options.strategy),
            "budget": options.budget,
            "bytes": size,
            "templates": len(gallery.templates),
            "people": [each.to_json() for each in accounts],
            "skipped": skipped_json(photos.skipped),
            "curve": points,
        }
        emit_json("representatives", body, models={"embedder": photos.card.digest})
        return
    rows = [
        (each.name, photo.photo, photo.status, photo.why)
        for each in accounts
        for photo in each.photos
        if everything or photo.status != "represented"
    ]
    click.echo(table(rows, header=("person", "photo", "", "why"), align="<<<<"))
    for photo in (photo for each in accounts for photo in each.photos if photo.suspect):
        note(f"{photo.photo}: kept, but unlike the other photos of the person; --reject-outliers leaves it out")
    of_budget = "" if options.budget is None else f" of {options.budget:,}"
    total = sum(len(each.photos) for each in accounts)
    click.echo(
        f"{len(gallery.templates):,} templates of {total:,} photos stand for {len(accounts):,} people: "
        f"{size:,}{of_budget} bytes as a gallery"
    )


def _photos(source: Path, largest_only: bool, **models: Any) -> "Photos":
    from edge_siamese.engine import FaceEngine
    from edge_siamese.models import default_model
    from edge_siamese.tflite.model_card import read_card

    from ..template_selection.photos import embed_photos_of, read_embeddings

    if source.suffix.lower() == ".npz":
        return read_embeddings(source, read_card(models["embedder"] or default_model("embedder")))
    with FaceEngine.open(**models) as engine, progress_line("embedding") as progress:
        return embed_photos_of(source, engine, progress, largest_only=largest_only)


def _write_curves(
    paths: tuple[Path, ...], photos: "Photos", target_fpir: float, options: "SelectionOptions", tsne: bool
) -> list[dict[str, Any]] | None:
    """Measure once and write every requested curve; return the points, or None without curves."""
    from dataclasses import asdict

    from ..template_selection.accuracy import Trial, accuracy_curve
    from ..template_selection.curve import write_curve

    if not paths:
        return None
    trial = Trial.of(photos, target_fpir)
    with progress_line("measuring") as progress:
        points = accuracy_curve(trial, reject_outliers=options.reject_outliers, tsne=tsne, progress=progress)
    for path in paths:
        write_curve(path, points, trial)
        note(f"{path}: written")
    return [asdict(point) for point in points]
