"""Life cycle of galleries: ``edge-siamese gallery describe``, ``erase``, ``export``, ``merge``, ``split``, ``reduce``, ``audit``, ``migrate``."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .shared.galleries import (
    PATH,
    counted,
    note,
    person_name,
    plural,
    report_dropped_points,
    report_skipped,
    skipped_json,
    summary,
)
from .shared.options import engine_options, json_option
from .shared.output import emit_json

if TYPE_CHECKING:
    from ..gallery import Gallery

_OUTPUT = click.option("-o", "--output", type=PATH, required=True, help="The .esg to write.")


@click.command()
@click.argument("path", metavar="GALLERY", type=PATH)
@click.option("--person", help="Name of the person, instead of the whole gallery.")
@click.option("--consent", help="Consent: who agreed to what, and where it is recorded.")
@click.option("--retain-until", help="Last day of retention, such as 2026-01-31.")
@json_option
def describe(path: Path, person: str | None, consent: str | None, retain_until: str | None, as_json: bool) -> None:
    """Set the consent and the last day of a GALLERY or a person in it."""
    from ..gallery import Gallery
    from ..gallery.container.writer import update
    from ..gallery.metadata import describe as described

    about = described(consent=consent, retain_until=retain_until)
    del about["created"]
    if not about:
        raise click.UsageError("expected --consent or --retain-until, found neither")
    name = None if person is None else person_name(person)
    before = Gallery.open(path)
    written = Gallery.of(update(path, lambda there: Gallery.of(there or before).described(about, name)))
    if as_json:
        emit_json("gallery-describe", summary(written) | {"person": name, "about": about})
    else:
        who = "the gallery" if name is None else name
        click.echo(f"{path}: {who}: " + ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in about.items()))


@click.command()
@click.argument("name")
@click.argument("paths", metavar="GALLERY...", type=PATH, nargs=-1, required=True)
@json_option
def erase(name: str, paths: tuple[Path, ...], as_json: bool) -> None:
    """Erase a person from galleries and from folders of 'gallery install', and prove it.

    Every file is written again without the person. A folder keeps one slot, so that there is no rollback to the person. The
    files are searched for the name, the UUID and the templates afterwards; the proof lists them with their SHA-256. Copies
    elsewhere, and blocks that a flash memory has not erased yet, are not reached.
    """
    from ..gallery.lifecycle.erasure import erase as erase_person

    done = erase_person(person_name(name), paths)
    if as_json:
        emit_json("gallery-erase", done.to_json())
        return
    click.echo(f"{done.name}: erased; {plural(done.searched, 'trace')} searched, none found")
    for file in done.files:
        state = "deleted" if file.sha256 is None else f"sequence {file.sequence}, SHA-256 {file.sha256}"
        click.echo(f"{file.path}: {state}")
    for path in done.without:
        note(f"{path}: {done.name} was not in it")


@click.command()
@click.argument("path", metavar="GALLERY", type=PATH)
@click.argument("name")
@click.option("-o", "--output", type=PATH, required=True, help="The JSON file to write.")
@json_option
def export(path: Path, name: str, output: Path, as_json: bool) -> None:
    """Write everything that a GALLERY holds about a person, as JSON for that person."""
    from ..atomic import write_atomically
    from ..envelope import envelope
    from ..gallery import Gallery
    from ..gallery.lifecycle.subject import export_person

    found = export_person(Gallery.open(path), person_name(name))
    document = envelope("gallery-person", found)
    with write_atomically(output) as stream:
        stream.write(json.dumps(document, ensure_ascii=False, indent=1).encode() + b"\n")
    if as_json:
        emit_json("gallery-export", {"gallery": str(path), "name": found["name"], "output": str(output)})
    else:
        click.echo(f"{output}: {found['name']}, {plural(len(found['templates']), 'template')}")


@click.command()
@click.argument("paths", metavar="GALLERY...", type=PATH, nargs=-1, required=True)
@_OUTPUT
@click.option("--together", is_flag=True, help="Put the templates of one name from several galleries together.")
@json_option
def merge(paths: tuple[Path, ...], output: Path, together: bool, as_json: bool) -> None:
    """Write the people of several galleries of one embedder into one."""
    from ..gallery import Gallery
    from ..gallery.lifecycle.combine import merge as merged

    galleries = [Gallery.open(path) for path in paths]
    new = merged(galleries, together=together)
    for gallery in galleries:
        report_dropped_points(gallery, new)
    _save(new, output, "gallery-merge", as_json=as_json)


@click.command()
@click.argument("path", metavar="GALLERY", type=PATH)
@click.argument("names", metavar="NAME...", nargs=-1, required=True)
@_OUTPUT
@json_option
def split(path: Path, names: tuple[str, ...], output: Path, as_json: bool) -> None:
    """Write some of the people of a GALLERY into another one; the GALLERY keeps them."""
    from ..gallery import Gallery
    from ..gallery.lifecycle.combine import split as part_of

    gallery = Gallery.open(path)
    part = part_of(gallery, names)
    report_dropped_points(gallery, part)
    _save(part, output, "gallery-split", as_json=as_json)


@click.command()
@click.argument("path", metavar="GALLERY", type=PATH)
@_OUTPUT
@json_option
def reduce(path: Path, output: Path, as_json: bool) -> None:
    """Write a GALLERY with templates of 4 bits, which take half the bytes; the GALLERY stays as it is.

    The false non-match rate rises by 0.3 points at most (docs/gallery.md), and scores change a little: calibrate the new
    gallery again. People who are added to it later get templates of 4 bits as well.
    """
    from ..gallery import Gallery

    gallery = Gallery.open(path)
    new = gallery.with_four_bits()
    report_dropped_points(gallery, new)
    _save(new, output, "gallery-reduce", as_json=as_json)


@click.command()
@click.argument("path", metavar="LOG", type=PATH)
@json_option
def audit(path: Path, as_json: bool) -> None:
    """Check the hash chain of an audit log; exit 2 if an entry was changed, removed or moved.

    Keep the last hash elsewhere: without it, entries cut off at the end are not noticed.
    """
    from ..gallery.trust.audit import verify_log

    entries, last = verify_log(path)
    if as_json:
        emit_json("gallery-audit", {"log": str(path), "entries": entries, "last_hash": last})
    else:
        click.echo(f"{path}: {plural(entries, 'entry', 'entries')}, last hash {last}")


def _save(gallery: "Gallery", output: Path, command: str, *, as_json: bool) -> None:
    written = gallery.save(output)
    if as_json:
        body: dict[str, Any] = summary(written)
        emit_json(command, body)
    else:
        click.echo(f"{output}: {counted(written)}")


@click.command()
@click.argument("people", type=PATH)
@click.option("-o", "--output", type=PATH, required=True, help="Folder for <person>/<number>.png.")
@engine_options
@json_option
def crops(people: Path, output: Path, as_json: bool, **engine_settings: Any) -> None:
    """Keep the aligned faces of PEOPLE, <person>/<photo>, so that 'migrate' can move a gallery to another embedder.

    Crops are biometric data like the photos: keep them only with consent.
    """
    from ..engine import FaceEngine
    from ..gallery.lifecycle.migration import keep_crops
    from ..identity_dataset import IdentityDataset

    with IdentityDataset(people) as dataset, FaceEngine.open(**engine_settings) as engine:
        chosen = keep_crops(dataset, engine, output)
    skipped = [photo for faces in chosen.values() for photo in faces.skipped]
    report_skipped(skipped)
    kept = {name: len(faces.templates) for name, faces in chosen.items()}
    if as_json:
        emit_json("gallery-crops", {"output": str(output), "people": kept, "skipped": skipped_json(skipped)})
    else:
        click.echo(f"{output}: {plural(sum(kept.values()), 'crop')} of {plural(len(kept), 'person', 'people')}")


@click.command()
@click.argument("path", metavar="GALLERY", type=PATH)
@click.argument("crop_folder", metavar="CROPS", type=PATH)
@_OUTPUT
@engine_options
@json_option
def migrate(path: Path, crop_folder: Path, output: Path, as_json: bool, **engine_settings: Any) -> None:
    """Make a GALLERY for another embedder from the CROPS of 'gallery crops'.

    Templates cannot be converted: if somebody has no crop, nothing is written. UUIDs, consent and retention are kept.
    """
    from ..engine import FaceEngine
    from ..gallery import Gallery
    from ..gallery.lifecycle.migration import migrate as migrated
    from ..identity_dataset import IdentityDataset

    gallery = Gallery.open(path)
    with IdentityDataset(crop_folder) as dataset, FaceEngine.open(**engine_settings) as engine:
        new = migrated(gallery, dataset, engine)
    report_dropped_points(gallery, new)
    _save(new, output, "gallery-migrate", as_json=as_json)
