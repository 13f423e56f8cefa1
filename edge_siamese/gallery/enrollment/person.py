"""Enrollment of one person: adds a person, or another template of a person, to a gallery.

Photos are rejected, unless the caller allows it, if they disagree with each other or with the person's templates in the
gallery, or if they match another enrolled person.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ...errors import EnrollmentError, ImageError, NoFaceError
from ...frames import RGB
from ...image_io import read_image
from ...matching import Q15, scores_q15
from ...names import clean_name
from ...operating_point import choose_operating_point
from ...protocols import FaceAnalyzer
from ..metadata import require_current
from ..templates.agreement import group_by_person
from ..templates.representatives import mean_template
from .face_choice import ChosenFaces, PhotoFaces, choose_faces
from .look_alikes import LookAlikes, look_alike_threshold, looks_like

if TYPE_CHECKING:
    from ...tflite.model_card import ModelCard
    from ..gallery import Gallery

AGREEMENT_FMR = 0.01
"""False match rate of the threshold from which photos show one person. One of a hundred misfiled photos is not detected;
`docs/enrollment.md` has the rate at which good photos are rejected."""


@dataclass(frozen=True)
class Permissions:
    """Exceptions to the checks of an enrollment.

    Attributes:
        different_faces: accept photos that show different people.
        look_alike: accept a person who looks like another person of the gallery.
    """

    different_faces: bool = False
    look_alike: bool = False


STRICT = Permissions()


def agreement_threshold(card: "ModelCard") -> int | None:
    """Q15 score from which two templates show one person; None if the embedder has no operating point."""
    return choose_operating_point(card.operating_points, AGREEMENT_FMR).threshold_q15 if card.operating_points else None


def read_photos(paths: Iterable[Path], engine: FaceAnalyzer, *, largest_only: bool = False) -> list[PhotoFaces]:
    """Read photos and embed their faces; a photo that cannot be read has its error as `problem`."""
    photos = []
    for path in paths:
        try:
            photos.append(PhotoFaces.of(read_image(path), str(path), engine, largest_only=largest_only))
        except ImageError as error:
            photos.append(PhotoFaces.unusable(str(path), str(error).split(f"{path}: ")[-1]))
    return photos


def embed_images(images: Sequence[RGB], engine: FaceAnalyzer, *, largest_only: bool = False) -> list[PhotoFaces]:
    """Embed the faces of uint8 ``(H, W, 3)`` images; messages call them by number, from 1."""
    return [
        PhotoFaces.of(image, f"image {number}", engine, largest_only=largest_only)
        for number, image in enumerate(images, start=1)
    ]


def choose_of_person(photos: Sequence[PhotoFaces], name: str, gallery: "Gallery", card: "ModelCard") -> ChosenFaces:
    """Choose the faces of a person, who may already be in the gallery; see `face_choice`.

    Raises:
        NoFaceError: none of the photos can be used.
    """
    known = gallery.templates_of(clean_name(name))
    chosen = choose_faces(photos, card.zero_point, agreement_threshold(card), known=known)
    if not chosen.photos:
        reasons = "; ".join(f"{skip.photo}: {skip.reason}" for skip in chosen.skipped) or "there are none"
        raise NoFaceError(f"none of the photos can be used: {reasons}")
    return chosen


def require_one_person(
    name: str, photos: Sequence[str], templates: npt.NDArray[np.int8], zero_point: int, threshold: int
) -> None:
    """Check that photos show one person.

    Args:
        name: of the person.
        photos: names of the photos in messages.
        templates: int8 ``(n, D)``, one for each photo.
        zero_point: of the templates.
        threshold: Q15 score from which two templates show one person.

    Raises:
        EnrollmentError: the photos show different people; the message groups them.
    """
    groups = group_by_person(templates, zero_point, threshold)
    if len(groups) > 1:
        sorted_photos = " | ".join(_listed([photos[row] for row in group]) for group in groups)
        raise EnrollmentError(
            f"the photos of '{name}' seem to show {len(groups)} different people: {sorted_photos}",
            remedy="--allow-different-faces enrolls them together",
            permission="different_faces",
        )


def join(
    gallery: "Gallery",
    name: str,
    chosen: ChosenFaces,
    card: "ModelCard",
    *,
    permissions: Permissions = STRICT,
    limit: int | None,
    about: dict[str, Any] | None = None,
) -> "tuple[Gallery, LookAlikes | None]":
    """Add the mean of a person's photos to a gallery.

    Args:
        gallery: gallery of the same embedder.
        name: name of the person, who may be in the gallery.
        chosen: faces of the person.
        card: model card of the embedder; the thresholds come from its operating points. Without any, nothing is checked.
        permissions: exceptions to the checks.
        limit: maximum number of templates per person.
        about: metadata of the person (see `metadata.describe`); missing fields keep their value.

    Returns:
        A new gallery, and the permitted look-alike of the person, or None.

    Raises:
        EnrollmentError: the photos show different people, another person than the enrolled one of that name, or a person
            enrolled under another name.
        GalleryError: the gallery is of another embedder, or the name is invalid.
        DataError: the last day of retention in `about` is in the past.
    """
    gallery.require(card)
    require_current(about or {})
    name, threshold = clean_name(name), agreement_threshold(card)
    mean = mean_template(chosen.templates, card.zero_point)[None]
    if threshold is not None and not permissions.different_faces:
        require_one_person(name, chosen.photos, chosen.templates, card.zero_point, threshold)
        _require_same_as_known(gallery, name, mean, threshold)
    other = _look_alike(gallery, name, mean, card)
    if other is not None and not permissions.look_alike:
        raise EnrollmentError(
            f"the photos of '{name}' look like '{other.second}', who is in {gallery.source} (score {other.score / Q15:.3f})",
            remedy="--allow-look-alike enrolls them nevertheless",
            permission="look_alike",
        )
    known = gallery.metadata.get("people", {}).get(name, {})
    return gallery.with_people({name: mean}, limit=limit, about=known | (about or {})), other


def _require_same_as_known(gallery: "Gallery", name: str, mean: npt.NDArray[np.int8], threshold: int) -> None:
    known = gallery.templates_of(name)
    if not len(known):
        return
    best = int(scores_q15(mean, known, gallery.zero_point).max())
    if best < threshold:
        raise EnrollmentError(
            f"the photos do not look like '{name}' in {gallery.source} (score {best / Q15:.3f}, expected at least "
            f"{threshold / Q15:.3f})",
            remedy="--allow-different-faces adds them nevertheless",
            permission="different_faces",
        )


def _look_alike(gallery: "Gallery", name: str, mean: npt.NDArray[np.int8], card: "ModelCard") -> LookAlikes | None:
    threshold = look_alike_threshold(gallery, card)
    return None if threshold is None else looks_like(gallery, name, mean, threshold)


def _listed(photos: Sequence[str], most: int = 5) -> str:
    more = f" and {len(photos) - most} more" if len(photos) > most else ""
    return ", ".join(photos[:most]) + more
