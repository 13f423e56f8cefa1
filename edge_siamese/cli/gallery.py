"""``edge-siamese gallery``: shows, checks and changes gallery files."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .shared.galleries import PATH, counted, note, person_name, report_dropped_points, summary
from .shared.lazy import Entry, LazyGroup
from .shared.options import Model, json_option
from .shared.output import emit_json, table

if TYPE_CHECKING:
    from ..gallery import Gallery
    from ..gallery.inspection import Inspection

_CLI = "edge_siamese.cli"
COMMANDS = {
    "build": Entry(f"{_CLI}.gallery_build:build", "Build a gallery from photos sorted by person."),
    "add": Entry(f"{_CLI}.gallery_build:add", "Add a person, or more photos of a person."),
    "calibrate": Entry(f"{_CLI}.gallery_calibrate:calibrate", "Measure and store the gallery's own operating point."),
    "describe": Entry(f"{_CLI}.gallery_lifecycle:describe", "Set the consent and the last day of a gallery or person."),
    "erase": Entry(f"{_CLI}.gallery_lifecycle:erase", "Erase a person from galleries, with a proof."),
    "export": Entry(f"{_CLI}.gallery_lifecycle:export", "Write what a gallery holds about a person."),
    "merge": Entry(f"{_CLI}.gallery_lifecycle:merge", "Merge galleries of one embedder."),
    "split": Entry(f"{_CLI}.gallery_lifecycle:split", "Write some of the people into another gallery."),
    "reduce": Entry(f"{_CLI}.gallery_lifecycle:reduce", "Write a gallery with templates of 4 bits, half the bytes."),
    "audit": Entry(f"{_CLI}.gallery_lifecycle:audit", "Check the hash chain of an audit log."),
    "renew": Entry(f"{_CLI}.gallery_renew:renew", "Transform templates with a key, or change the key."),
    "risk": Entry(f"{_CLI}.gallery_risk:risk", "Report people who look alike, are enrolled twice, or resemble many."),
    "crops": Entry(f"{_CLI}.gallery_lifecycle:crops", "Keep aligned faces for a later migration."),
    "migrate": Entry(f"{_CLI}.gallery_lifecycle:migrate", "Make a gallery for another embedder from kept crops."),
    "keygen": Entry(f"{_CLI}.gallery_keys:keygen", "Make keys for signatures or encryption."),
    "sign": Entry(f"{_CLI}.gallery_keys:sign", "Sign a gallery."),
    "verify": Entry(f"{_CLI}.gallery_keys:verify", "Check that a trusted key signed a gallery."),
    "encrypt": Entry(f"{_CLI}.gallery_keys:encrypt", "Encrypt a gallery."),
    "install": Entry(f"{_CLI}.gallery_delivery:install", "Install a gallery on this device, with rollback."),
    "rollback": Entry(f"{_CLI}.gallery_delivery:rollback", "Use the gallery before the last installation again."),
    "diff": Entry(f"{_CLI}.gallery_delivery:diff", "Write what changed between two galleries, for slow links."),
    "patch": Entry(f"{_CLI}.gallery_delivery:patch", "Make a gallery from an older one and a patch."),
    "publish": Entry(f"{_CLI}.gallery_fleet:publish", "Publish a gallery to a fleet over MQTT."),
    "receive": Entry(f"{_CLI}.gallery_fleet:receive", "Install the galleries that are published over MQTT."),
    "decrypt": Entry(f"{_CLI}.gallery_keys:decrypt", "Decrypt a gallery."),
}


@click.group(cls=LazyGroup, entries=COMMANDS)
def gallery() -> None:
    """Build, show, check and change galleries.

    A gallery is one .esg file with the enrolled people, for one embedder. It is written atomically.
    """


@gallery.command()
@click.argument("path", metavar="GALLERY", type=PATH)
@click.option(
    "--format", "form", type=click.Choice(["human", "json"]), default="human", help="json is the same as --json."
)
@json_option
def show(path: Path, form: str, as_json: bool) -> None:
    """Show the people in a gallery and its creation time, consent and retention."""
    from ..gallery import Gallery

    shown = Gallery.open(path)
    if as_json or form == "json":
        points = [point.to_json() for point in shown.operating_points]
        emit_json(
            "gallery-show",
            summary(shown)
            | {"people": _people_json(shown), "operating_points": points, "about": _about(shown)}
            | {"encrypted": shown.encrypted, "signed_by": list(shown.signed_by)},
        )
        return
    click.echo(f"{path}: {counted(shown)}, embedder {shown.embedder_digest.hex()}, sequence {shown.sequence}")
    click.echo(f"{'encrypted' if shown.encrypted else 'not encrypted'}; {_signed(shown)}")
    for key, value in _about(shown).items():
        click.echo(f"{_WORDS.get(key, key)}: {value}")
    for point in shown.operating_points:
        click.echo(
            f"operating point: FMR {point.target_fmr:g} at threshold {point.threshold:.4f}, FNMR {point.fnmr:.4f}, "
            f"from {point.impostor_pairs:,} comparisons"
        )
    if shown.names:
        click.echo(_people_table(shown))


@gallery.command()
@click.argument("path", metavar="GALLERY", type=PATH)
@click.option("--embedder", type=Model(), help="Also check that the gallery was made with this embedder .tflite.")
@json_option
def check(path: Path, embedder: Path | None, as_json: bool) -> None:
    """Check every byte of a gallery; exit 2 if it cannot be used.

    A gallery cannot be used if the file is not a gallery, is damaged, has a newer version, or was made with another embedder.
    People past their retention date and people who look alike are listed.
    """
    from ..gallery.inspection import inspect
    from ..gallery.metadata import today

    card = None
    if embedder:
        from ..tflite.model_card import read_model

        card = read_model(embedder, "embedder").card
    found = inspect(path, today(), card)
    if as_json:
        emit_json("gallery-check", _check_json(path, found) | {"embedder_checked": embedder is not None})
    elif found.gallery is not None:
        click.echo(f"{path}: whole: {counted(found.gallery)}")
        if not found.look_alikes_checked and len(found.gallery.names) > 1:
            note(f"{path}: look-alikes are not checked: there is no operating point; name the model with --embedder")
    for finding in found.findings:
        if finding.verdict != "ok" and not as_json:
            note(finding.sentence)
    if found.gallery is None:
        sys.exit(2)


@gallery.command()
@click.argument("path", metavar="GALLERY", type=PATH)
@click.argument("name")
@json_option
def remove(path: Path, name: str, as_json: bool) -> None:
    """Remove a person and all their templates from a gallery."""
    from ..gallery import Gallery
    from ..gallery.container.writer import update

    name = person_name(name)
    before = Gallery.open(path)
    written = Gallery.of(update(path, lambda there: Gallery.of(there or before).without(name)))
    report_dropped_points(before, written)
    if as_json:
        emit_json("gallery-remove", summary(written) | {"removed": name})
    else:
        click.echo(f"{path}: {name} is removed; {counted(written) if written.names else 'nobody is left'}")


_WORDS = {"retain_until": "retain until"}


def _signed(shown: "Gallery") -> str:
    return f"signed by {', '.join(shown.signed_by)}" if shown.signed_by else "not signed"


def _about(shown: "Gallery") -> dict[str, Any]:
    return {key: value for key, value in shown.metadata.items() if key != "people"}


def _people_json(shown: "Gallery") -> list[dict[str, Any]]:
    from ..gallery.metadata import today

    about, overdue = shown.metadata.get("people", {}), shown.overdue(today())
    return [
        {"name": name, "uuid": str(identifier), "templates": len(shown.templates_of(name)), "overdue": name in overdue}
        | about.get(name, {})
        for name, identifier in zip(shown.names, shown.identifiers, strict=True)
    ]


def _people_table(shown: "Gallery") -> str:
    """Table of names, numbers of templates and, if present, metadata."""
    people = _people_json(shown)
    known = [key for key in ("created", "consent", "retain_until") if any(key in person for person in people)]
    rows = [
        (person["name"], str(person["templates"]))
        + tuple(str(person.get(key, "-")) for key in known)
        + (("overdue" if person["overdue"] else "",) if any(other["overdue"] for other in people) else ())
        for person in people
    ]
    header = ("name", "templates", *(_WORDS.get(key, key) for key in known))
    return table(rows, header=header + ("",) * (len(rows[0]) - len(header)), align="<><")


def _check_json(path: Path, found: "Inspection") -> dict[str, Any]:
    return (summary(found.gallery) if found.gallery else {"gallery": str(path)}) | {
        "ok": found.gallery is not None,
        "findings": [finding.to_json() for finding in found.findings],
        "overdue": found.overdue,
        "look_alikes": [pair.to_json() for pair in found.look_alikes],
        "look_alikes_checked": found.look_alikes_checked,
    }
