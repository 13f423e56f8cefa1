"""``edge-siamese unknown``: reviews, enrolls and deletes the faces of strangers that ``run --keep-unknown`` kept."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .shared.enrolling import open_for, report_person, save_person
from .shared.galleries import (
    PATH,
    about_from,
    about_options,
    look_alike_option,
    person_name,
    plural,
    report_unchecked,
    templates_option,
)
from .shared.options import engine_options, json_option, renewal_key_option
from .shared.output import emit_json, table

if TYPE_CHECKING:
    from ..engine import FaceEngine
    from ..gallery.enrollment.face_choice import ChosenFaces
    from ..unknowns.kept_face import KeptFace


@click.group()
def unknown() -> None:
    """Review, enroll and delete the faces of strangers that `run --keep-unknown FOLDER` kept.

    Faces that match each other at the operating point of the run are one unknown person.
    """


@unknown.command("list")
@click.argument("folder", type=PATH)
@json_option
def list_people(folder: Path, as_json: bool) -> None:
    """List the unknown people of FOLDER with the image of their best face; the last seen comes first."""
    from ..unknowns.store import UnknownFaces

    people = UnknownFaces(folder).people()
    if as_json:
        emit_json(
            "unknown-list",
            {"folder": str(folder), "people": [_person_json(folder, name, faces) for name, faces in people.items()]},
        )
    elif not people:
        click.echo(f"{folder}: no unknown faces")
    else:
        rows = [
            (name, str(len(faces)), _time(max(face.time for face in faces)), _time(max(face.expires for face in faces)), str(folder / f"{faces[0].stem}.png"))
            for name, faces in people.items()
        ]  # fmt: skip
        click.echo(table(rows, header=("name", "faces", "last kept", "deleted after", "best face"), align="<><"))


@unknown.command()
@click.argument("folder", type=PATH)
@click.argument("unknown_person", metavar="UNKNOWN")
@click.argument("name")
@click.option("--gallery", "path", type=PATH, required=True, help="The .esg to change; created if it does not exist.")
@templates_option
@click.option("--allow-different-faces", is_flag=True, help="Enroll faces that appear to show different people.")
@look_alike_option
@about_options
@engine_options
@renewal_key_option
@json_option
def enroll(folder: Path, unknown_person: str, name: str, path: Path, limit: int, as_json: bool, **options: Any) -> None:
    """Enroll an UNKNOWN person of FOLDER as NAME, and delete the kept faces.

    The aligned faces are embedded again, so an embedder other than that of the run can be used. As for `enroll`, faces of
    different people are rejected, and so is a person who is in the gallery under another name.
    """
    from ..engine import FaceEngine
    from ..gallery.enrollment.person import Permissions
    from ..unknowns.store import UnknownFaces

    about, name, store = about_from(options), person_name(name), UnknownFaces(folder)
    permissions = Permissions(options.pop("allow_different_faces"), options.pop("allow_look_alike"))
    faces = store.faces_of(unknown_person)
    with FaceEngine.open(**options) as engine:
        card, digests = engine.embedder_card, engine.digests
        open_for(name, path, card, about)
        report_unchecked(card)
        chosen = _embedded(folder, faces, engine)
    written, other = save_person(path, name, chosen, card, permissions, limit=limit, about=about)
    store.delete([unknown_person])
    report_person("unknown-enroll", written, name, chosen, other, unit="kept face", as_json=as_json, models=digests)


@unknown.command()
@click.argument("folder", type=PATH)
@click.argument("names", metavar="[UNKNOWN]...", nargs=-1)
@click.option("--all", "everybody", is_flag=True, help="Delete all kept faces.")
@json_option
def delete(folder: Path, names: tuple[str, ...], everybody: bool, as_json: bool) -> None:
    """Delete the kept faces of UNKNOWN people of FOLDER."""
    from ..unknowns.store import UnknownFaces

    if bool(names) == everybody:
        raise click.UsageError("give either names of unknown people or --all")
    store = UnknownFaces(folder)
    deleted = store.delete(store.names() if everybody else names)
    if as_json:
        emit_json("unknown-delete", {"folder": str(folder), "faces": deleted})
    else:
        click.echo(f"{folder}: {plural(deleted, 'face')} deleted")


def _embedded(folder: Path, faces: "list[KeptFace]", engine: "FaceEngine") -> "ChosenFaces":
    """
    Raises:
        DataError: a crop is missing or is none.
    """
    import numpy as np

    from ..gallery.enrollment.face_choice import ChosenFaces
    from ..unknowns.kept_face import read_crop

    names = [f"{face.stem}.png" for face in faces]
    templates = [engine.embed_crop(read_crop(folder / name)).values for name in names]
    return ChosenFaces(names, np.stack(templates), [], {})


def _person_json(folder: Path, name: str, faces: "list[KeptFace]") -> dict[str, Any]:
    listed = [
        {"image": str(folder / f"{face.stem}.png"), "time": _time(face.time), "expires": _time(face.expires), "source": face.source, "quality": face.quality}
        for face in faces
    ]  # fmt: skip
    return {"name": name, "faces": listed}


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
