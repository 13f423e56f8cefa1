"""Shared steps of ``enroll`` and ``gallery add``: one person, from photos or frames, into a gallery file."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .galleries import (
    counted,
    note,
    plural,
    report_dropped_points,
    report_several_faces,
    report_skipped,
    several_faces_json,
    skipped_json,
    summary,
)
from .output import emit_json

if TYPE_CHECKING:
    from ...engine import FaceEngine
    from ...gallery import Gallery
    from ...gallery.container.content import GalleryContent
    from ...gallery.enrollment.face_choice import ChosenFaces
    from ...gallery.enrollment.look_alikes import LookAlikes
    from ...gallery.enrollment.person import Permissions
    from ...tflite.model_card import ModelCard


def require_photos(photos: Sequence[Path]) -> None:
    """Check that all paths are files before anything is done.

    Raises:
        DataError: a path is a folder or does not exist.
    """
    from ...errors import DataError

    for photo in photos:
        if photo.is_dir():
            raise DataError(
                f"{photo}: expected a photo, found a folder; 'edge-siamese gallery build' takes folders of people"
            )
        if not photo.exists():
            raise DataError(f"{photo}: expected a photo, found nothing there")


def open_for(name: str, path: Path, card: "ModelCard", about: dict[str, Any]) -> "Gallery":
    """Open the gallery file that a person is added to; an empty gallery if there is no file.

    Raises:
        GalleryError: the gallery is damaged, of another embedder, or has a person whose name looks the same.
        DataError: the file cannot be written.
    """
    from ...errors import GalleryError
    from ...gallery import Gallery
    from ...gallery.container.writer import require_writable
    from ...names import similar_name

    require_writable(path)
    gallery = Gallery.open(path) if path.exists() else Gallery.empty(card, {"created": about["created"]})
    gallery.require(card)
    similar = similar_name(name, gallery.names)
    if similar is not None and name not in gallery.names:
        raise GalleryError(f"{path}: '{name}' looks the same as '{similar}', which is in the gallery")
    return gallery


def from_photos(
    photos: Sequence[Path], name: str, gallery: "Gallery", engine: "FaceEngine", *, largest_only: bool
) -> "ChosenFaces":
    """Choose the person's face on each photo; reports the photos that are not used."""
    from ...gallery.enrollment.person import choose_of_person, read_photos

    chosen = choose_of_person(
        read_photos(photos, engine, largest_only=largest_only), name, gallery, engine.embedder_card
    )
    report_skipped(chosen.skipped)
    report_several_faces(chosen.several, largest_only=largest_only)
    return chosen


def save_person(
    path: Path,
    name: str,
    chosen: "ChosenFaces",
    card: "ModelCard",
    permissions: "Permissions",
    *,
    limit: int,
    about: dict[str, Any],
) -> "tuple[Gallery, LookAlikes | None]":
    """Add a person to the current gallery file, under its lock; creates a missing file.

    Returns:
        The gallery as written, and the look-alike of the person or None; see `person.join`.
    """
    from ...gallery import Gallery
    from ...gallery.container.writer import update
    from ...gallery.enrollment.person import join

    likeness: list[LookAlikes | None] = []

    def change(there: "GalleryContent | None") -> "Gallery":
        before = Gallery.of(there) if there else Gallery.empty(card, {"created": about["created"]})
        after, other = join(before, name, chosen, card, permissions=permissions, limit=limit, about=about)
        report_dropped_points(before, after)
        likeness.append(other)
        return after

    written = Gallery.of(update(path, change))
    if likeness[0]:
        note(likeness[0].sentence)
    return written, likeness[0]


def report_person(
    command: str,
    written: "Gallery",
    name: str,
    chosen: "ChosenFaces",
    other: "LookAlikes | None",
    *,
    unit: str,
    as_json: bool,
    models: dict[str, str],
) -> None:
    """Print the result of enrolling a person."""
    kept, used = len(written.templates_of(name)), len(chosen.photos)
    if as_json:
        body = {
            "name": name,
            "used": used,
            "kept": kept,
            "skipped": skipped_json(chosen.skipped),
            "several_faces": several_faces_json(chosen.several),
            "look_alike": other.to_json() if other else None,
        }
        emit_json(command, summary(written) | body, models=models)
    else:
        click.echo(
            f"{written.source}: {name} is enrolled from {plural(used, unit)} and has {plural(kept, 'template')}; "
            f"{counted(written)}"
        )
