"""``edge-siamese gallery build`` and ``add``: builds galleries from photos."""

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .shared.enrolling import from_photos, open_for, report_person, require_photos, save_person
from .shared.galleries import (
    PATH,
    STRATEGIES,
    about_from,
    about_options,
    counted,
    enrollment_options,
    look_alike_option,
    note,
    person_name,
    report_look_alikes,
    report_several_faces,
    report_skipped,
    report_unchecked,
    selection_from,
    selection_options,
    several_faces_json,
    skipped_json,
    summary,
    take,
    templates_option,
)
from .shared.options import engine_options, json_option, renewal_key_option
from .shared.output import emit_json
from .shared.progress import progress_line

if TYPE_CHECKING:
    from ..gallery import Gallery
    from ..gallery.enrollment.build import BuildReport
    from ..identity_dataset import IdentityDataset


@click.command()
@click.argument("people", type=PATH)
@click.option("-o", "--output", type=PATH, required=True, help="The .esg to write; replaces an existing gallery.")
@selection_options(*STRATEGIES)
@click.option("--skip", is_flag=True, help="Skip people whose photos cannot be used, instead of failing.")
@enrollment_options
@click.option("--sequence", type=click.IntRange(1, 2**32 - 1), help="Anti-rollback number, instead of the next one.")
@about_options
@engine_options
@renewal_key_option
@json_option
def build(
    people: Path, output: Path, skip: bool, largest_only: bool, sequence: int | None, as_json: bool, **options: Any
) -> None:
    """Build a gallery of all people in PEOPLE, a folder or archive of <person>/<photo>.

    If a photo shows several faces, the face that matches the person's other photos is used; faces in the background are
    ignored. A person whose photos show different people is rejected, and people who look alike are listed. The same photos
    give the same bytes on machines of one kind if --created or SOURCE_DATE_EPOCH sets the time. With --budget, everybody
    gets the same number of templates; the rest goes to the people for whom another template helps most.
    """
    from ..engine import FaceEngine
    from ..gallery.enrollment.build import build_gallery
    from ..gallery.enrollment.person import Permissions
    from ..identity_dataset import IdentityDataset

    metadata = about_from(options)
    selection = selection_from(**take(options, "limit", "strategy", "budget", "reject_outliers"))
    permissions = Permissions(different_faces=options.pop("allow_different_faces"))
    sequence = _next_sequence(output, sequence)
    with IdentityDataset(people) as dataset:
        _report_names(dataset)
        with (
            FaceEngine.open(**options) as engine,
            progress_line("enrolling") as progress,
            progress_line("comparing") as comparing,
        ):
            report_unchecked(engine.embedder_card)
            built, report = build_gallery(
                dataset,
                engine,
                options=selection,
                permissions=permissions,
                skip_people=skip,
                largest_only=largest_only,
                metadata=metadata,
                progress=progress,
                comparing=comparing,
            )
            digests = engine.digests
    report_skipped(report.skipped)
    report_several_faces(report.several, largest_only=largest_only)
    report_look_alikes(report.look_alikes)
    for lamb in report.lambs:
        note(lamb.sentence)
    written = replace(built, sequence=sequence).save(output)
    _report(written, report, output.stat().st_size, selection.budget, as_json=as_json, models=digests)


@click.command()
@click.argument("path", metavar="GALLERY", type=PATH)
@click.argument("name")
@click.argument("photos", type=PATH, nargs=-1, required=True)
@templates_option
@enrollment_options
@look_alike_option
@about_options
@engine_options
@renewal_key_option
@json_option
def add(path: Path, name: str, photos: tuple[Path, ...], limit: int, as_json: bool, **options: Any) -> None:
    """Add a person, or more photos of a person, to an existing GALLERY from PHOTOS.

    See 'edge-siamese enroll' for the choice of faces and the reasons for rejection.
    """
    from ..engine import FaceEngine
    from ..gallery import Gallery
    from ..gallery.enrollment.person import Permissions

    about, name = about_from(options), person_name(name)
    require_photos(photos)
    permissions = Permissions(options.pop("allow_different_faces"), options.pop("allow_look_alike"))
    largest_only = options.pop("largest_only")
    Gallery.open(path)
    with FaceEngine.open(**options) as engine:
        gallery = open_for(name, path, engine.embedder_card, about)
        report_unchecked(engine.embedder_card)
        chosen = from_photos(photos, name, gallery, engine, largest_only=largest_only)
        card, digests = engine.embedder_card, engine.digests
    written, other = save_person(path, name, chosen, card, permissions, limit=limit, about=about)
    report_person("gallery-add", written, name, chosen, other, unit="photo", as_json=as_json, models=digests)


def _next_sequence(output: Path, asked: int | None) -> int:
    """The sequence number to write, after checking that the output can be replaced."""
    from ..errors import DataError
    from ..gallery import Gallery
    from ..gallery.container.writer import require_writable

    require_writable(output)
    there = Gallery.open(output).sequence if output.exists() else 0
    if asked is not None and asked <= there:
        raise DataError(
            f"{output}: --sequence must be above {there}, the number of the gallery there, found {asked}", path=output
        )
    return asked or there + 1


def _report_names(dataset: "IdentityDataset") -> None:
    """Report how the folders were read and which names the gallery changes."""
    from ..gallery.enrollment.build import names_of
    from ..names import change_of

    names = names_of(dataset)
    changes = [change_of(person) for person in names]
    for sentence in (*dataset.notes, *filter(None, changes)):
        note(sentence)
    for name in sorted(name for name, folders in Counter(names.values()).items() if folders > 1):
        note(f"several folders name '{name}'; their photos are taken together")


def _report(
    written: "Gallery",
    report: "BuildReport",
    size: int,
    budget: int | None,
    *,
    as_json: bool,
    models: dict[str, str],
) -> None:
    if as_json:
        body = {
            "photos": report.photos,
            "used": report.used,
            "skipped": skipped_json(report.skipped),
            "several_faces": several_faces_json(report.several),
            "people_skipped": [{"name": name, "reason": reason} for name, reason in report.people_skipped.items()],
            "look_alikes": [pair.to_json() for pair in report.look_alikes],
            "lambs": [lamb.to_json() for lamb in report.lambs],
            "bytes": size,
        }
        emit_json("gallery-build", summary(written) | body, models=models)
        return
    click.echo(f"{written.source}: {counted(written)} from {report.used} of {report.photos} photos")
    if budget is not None:
        click.echo(f"{size:,} of {budget:,} bytes")
    for name, reason in report.people_skipped.items():
        click.echo(f"left out: {name}: {reason}")
