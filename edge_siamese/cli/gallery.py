"""``edge-siamese gallery``: look at galleries, check and change them."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .shared.galleries import PATH, counted, note, summary, tell_dropped_points
from .shared.lazy import Entry, LazyGroup
from .shared.options import Model, json_option
from .shared.output import emit_json, table

if TYPE_CHECKING:
    from ..gallery import Gallery

_CLI = "edge_siamese.cli"
COMMANDS = {
    "build": Entry(f"{_CLI}.gallery_build:build", "Make a gallery from photos sorted by person."),
    "add": Entry(f"{_CLI}.gallery_build:add", "Add a person, or more photos of one."),
    "calibrate": Entry(f"{_CLI}.gallery_calibrate:calibrate", "Measure and store the gallery's own operating point."),
}


@click.group(cls=LazyGroup, entries=COMMANDS)
def gallery() -> None:
    """Build, look at, check and change galleries.

    A gallery is one .esg file: the people a board knows, bound to the embedder that made it. It is written whole or
    not at all.
    """


@gallery.command()
@click.argument("path", metavar="GALLERY", type=PATH)
@json_option
def show(path: Path, as_json: bool) -> None:
    """Say who is in a gallery, and what it says about itself."""
    from ..gallery import Gallery

    shown = Gallery.open(path)
    counts = {name: len(shown.templates_of(name)) for name in shown.names}
    if as_json:
        about = shown.metadata.get("people", {})
        people = [
            {"name": name, "uuid": str(identifier), "templates": counts[name], **about.get(name, {})}
            for name, identifier in zip(shown.names, shown.identifiers, strict=True)
        ]
        points = [point.to_json() for point in shown.operating_points]
        emit_json(
            "gallery-show", summary(shown) | {"people": people, "operating_points": points, "about": _about(shown)}
        )
        return
    click.echo(f"{path}: {counted(shown)}, embedder {shown.embedder_digest.hex()}, sequence {shown.sequence}")
    for key, value in _about(shown).items():
        click.echo(f"{key}: {value}")
    for point in shown.operating_points:
        click.echo(
            f"operating point: FMR {point.target_fmr:g} at threshold {point.threshold:.4f}, FNMR {point.fnmr:.4f}, "
            f"from {point.impostor_pairs:,} comparisons"
        )
    if counts:
        click.echo(table([(name, str(count)) for name, count in counts.items()], header=("name", "templates")))


@gallery.command()
@click.argument("path", metavar="GALLERY", type=PATH)
@click.option("--embedder", type=Model(), help="Also make sure that this embedder .tflite made it.")
@json_option
def check(path: Path, embedder: Path | None, as_json: bool) -> None:
    """Check every byte of a gallery; exit 2 when it is damaged or of another embedder.

    People kept beyond their last day are named.
    """
    from ..gallery import Gallery
    from ..gallery.metadata import overdue

    checked = Gallery.open(path)
    if embedder:
        from ..tflite.model_card import read_model

        checked.require(read_model(embedder, "embedder").card)
    late = overdue(checked.metadata, datetime.now(UTC).date())
    if as_json:
        emit_json("gallery-check", summary(checked) | {"ok": True, "embedder_checked": bool(embedder), "overdue": late})
        return
    click.echo(f"{path}: whole: {counted(checked)}")
    for name in late:
        note(f"{path}: {'the gallery' if name == '*' else name} is kept beyond the last day")


@gallery.command()
@click.argument("path", metavar="GALLERY", type=PATH)
@click.argument("name")
@json_option
def remove(path: Path, name: str, as_json: bool) -> None:
    """Take a person and all their templates out of a gallery."""
    from ..gallery import Gallery

    before = Gallery.open(path)
    after = before.without(name)
    tell_dropped_points(before, after)
    written = after.save(path)
    if as_json:
        emit_json("gallery-remove", summary(written) | {"removed": name})
    else:
        click.echo(f"{path}: {name} is removed; {counted(written)}")


def _about(shown: "Gallery") -> dict[str, Any]:
    return {key: value for key, value in shown.metadata.items() if key != "people"}
