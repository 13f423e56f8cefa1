"""``edge-siamese gallery build`` and ``add``: from photos to a gallery."""

from pathlib import Path
from typing import Any

import click

from .shared.galleries import (
    PATH,
    STRATEGIES,
    about_options,
    counted,
    model_options,
    plural,
    reference_engine,
    require_gallery,
    save_enrolled,
    selection_from,
    selection_options,
    skipped_json,
    summary,
    tell_skipped,
    templates_option,
)
from .shared.options import json_option
from .shared.output import emit_json
from .shared.progress import progress_line


@click.command()
@click.argument("people", type=PATH)
@click.option(
    "-o", "--output", type=PATH, required=True, help="The .esg to write; a gallery that is there is replaced."
)
@selection_options(*STRATEGIES)
@click.option("--skip", is_flag=True, help="Leave out people without a usable photo instead of refusing.")
@click.option("--sequence", type=click.IntRange(1, 2**32 - 1), help="Anti-rollback number, instead of the next one.")
@about_options
@model_options
@json_option
def build(
    people: Path,
    output: Path,
    limit: int | None,
    strategy: str | None,
    budget: str | None,
    reject_outliers: bool,
    skip: bool,
    sequence: int | None,
    created: str | None,
    consent: str | None,
    retain_until: str | None,
    as_json: bool,
    **models: Any,
) -> None:
    """Make a gallery of everybody in PEOPLE, a folder or zip of <person>/<photo>.

    The largest face of each photo counts. The same photos give the same bytes on every machine when
    --created or SOURCE_DATE_EPOCH names the time. Under a --budget everybody gets equally many templates, and what is
    left goes to whom another one helps most.
    """
    from dataclasses import replace

    from ..gallery.enrollment.photos import build_gallery
    from ..gallery.metadata import describe
    from ..identity_dataset import IdentityDataset

    metadata = describe(created=created, consent=consent, retain_until=retain_until)
    options = selection_from(limit=limit, strategy=strategy, budget=budget, reject_outliers=reject_outliers)
    sequence = _next_sequence(output, sequence)
    dataset = IdentityDataset(people)
    with reference_engine(**models) as engine, progress_line("enrolling") as progress:
        built, report = build_gallery(
            dataset, engine, options=options, skip_people=skip, metadata=metadata, progress=progress
        )
        digests = engine.digests
    tell_skipped(report.skipped)
    written = replace(built, sequence=sequence).save(output)
    size = output.stat().st_size
    if as_json:
        body = {"photos": report.photos, "skipped": skipped_json(report.skipped), "bytes": size}
        emit_json("gallery-build", summary(written) | body | {"people_skipped": report.people_skipped}, models=digests)
        return
    used = report.photos - len(report.skipped)
    click.echo(f"{output}: {counted(written)} from {used} of {report.photos} photos")
    if options.budget is not None:
        click.echo(f"{size:,} of {options.budget:,} bytes")
    if report.people_skipped:
        click.echo(f"left out: {', '.join(report.people_skipped)}")


@click.command()
@click.argument("path", metavar="GALLERY", type=PATH)
@click.argument("name")
@click.argument("photos", type=PATH, nargs=-1, required=True)
@templates_option
@about_options
@model_options
@json_option
def add(
    path: Path,
    name: str,
    photos: tuple[Path, ...],
    limit: int,
    created: str | None,
    consent: str | None,
    retain_until: str | None,
    as_json: bool,
    **models: Any,
) -> None:
    """Add a person to an existing GALLERY, or to what it remembers of one: the mean of the largest faces of PHOTOS."""
    from ..gallery import Gallery
    from ..gallery.enrollment.photos import embed_photos
    from ..gallery.metadata import describe
    from ..gallery.names import clean_name

    about = describe(created=created, consent=consent, retain_until=retain_until)
    name = clean_name(name)
    Gallery.open(path)
    with reference_engine(**models) as engine:
        require_gallery(path, engine.embedder_card)
        templates, skipped = embed_photos(photos, engine)
        card, digests = engine.embedder_card, engine.digests
    tell_skipped(skipped)
    written = save_enrolled(path, name, templates, card, limit=limit, about=about)
    kept = len(written.templates_of(name))
    if as_json:
        body = {"name": name, "photos": len(photos), "kept": kept, "skipped": skipped_json(skipped)}
        emit_json("gallery-add", summary(written) | body, models=digests)
    else:
        click.echo(f"{path}: {name} has {plural(kept, 'template')} now; {counted(written)}")


def _next_sequence(output: Path, asked: int | None) -> int:
    """The sequence number to write, after making sure that the output can be replaced."""
    from ..errors import DataError, GalleryError
    from ..gallery import Gallery

    if not output.resolve().parent.is_dir():
        raise DataError(f"{output}: there is no folder {output.resolve().parent}")
    there = 0
    if output.exists():
        try:
            there = Gallery.open(output).sequence
        except GalleryError as error:
            raise GalleryError(f"{error}; it is not replaced: remove it first, or choose another name") from error
    if asked is not None and asked <= there:
        raise DataError(f"{output}: --sequence must be above {there}, the number of the gallery there, found {asked}")
    return asked or there + 1
