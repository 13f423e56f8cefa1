"""Enrolling one person: from photos or frames to a gallery with one more person, or more templates of one.

Photos that disagree with each other, with what the gallery has of the person, or that match somebody else in it are refused,
unless the caller allows it.
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
"""False match rate of the threshold from which photos show one person. A misfiled photo is overlooked once in a hundred times;
`docs/enrollment.md` has how often good photos are refused."""


@dataclass(frozen=True)
class Permissions:
    """What an enrollment may do that is refused otherwise.

    Attributes:
        different_faces: take photos that show different people.
        look_alike: take somebody who looks like another person of the gallery.
    """

    different_faces: bool = False
    look_alike: bool = False


STRICT = Permissions()


def agreement_threshold(card: "ModelCard") -> int | None:
    """Q15 score from which two templates show one person; None when the embedder has no operating point."""
    return choose_operating_point(card.operating_points, AGREEMENT_FMR).threshold_q15 if card.operating_points else None


def read_photos(paths: Iterable[Path], engine: FaceAnalyzer, *, largest_only: bool = False) -> list[PhotoFaces]:
    """Read photos and embed their faces; one that cannot be read has its problem in the answer."""
    photos = []
    for path in paths:
        try:
            photos.append(PhotoFaces.of(read_image(path), str(path), engine, largest_only=largest_only))
        except ImageError as error:
            photos.append(PhotoFaces.unusable(str(path), str(error).split(f"{path}: ")[-1]))
    return photos


def embed_images(images: Sequence[RGB], engine: FaceAnalyzer, *, largest_only: bool = False) -> list[PhotoFaces]:
    """Embed the faces of uint8 ``(H, W, 3)`` images, which are called by their number from 1."""
    return [
        PhotoFaces.of(image, f"image {number}", engine, largest_only=largest_only)
        for number, image in enumerate(images, start=1)
    ]


def choose_of_person(photos: Sequence[PhotoFaces], name: str, gallery: "Gallery", card: "ModelCard") -> ChosenFaces:
    """Choose the faces of a person that may be in the gallery; see `face_choice`.

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
    """Make sure that photos show one person.

    Args:
        name: of the person.
        photos: what messages call them.
        templates: int8 ``(n, D)`` of them.
        zero_point: of the templates.
        threshold: Q15 score from which two are one person.

    Raises:
        EnrollmentError: they show different people; the sentence sorts them.
    """
    groups = group_by_person(templates, zero_point, threshold)
    if len(groups) > 1:
        sorted_photos = " | ".join(_listed([photos[row] for row in group]) for group in groups)
        raise EnrollmentError(
            f"the photos of '{name}' seem to show {len(groups)} different people: {sorted_photos}; "
            "--allow-different-faces enrolls them together"
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
        gallery: of the same embedder.
        name: of the person; may be in the gallery.
        chosen: their faces.
        card: of the embedder; its operating points say what agrees and what looks alike. Without any nothing is checked.
        permissions: what is allowed that is refused otherwise.
        limit: how many templates a person keeps.
        about: see `metadata.describe`; what it does not mention stays as it was.

    Returns:
        Another gallery, and the person in it whom the new one looks like, which was allowed; None when there is none.

    Raises:
        EnrollmentError: the photos show different people, somebody else than the gallery knows by the name, or somebody whom
            the gallery knows by another name.
        GalleryError: the gallery is of another embedder, or does not take the name.
        DataError: the last day of `about` is over.
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
            f"the photos of '{name}' look like '{other.second}', who is in {gallery.source} (score {other.score / Q15:.3f}); "
            "--allow-look-alike enrolls them nevertheless"
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
            f"{threshold / Q15:.3f}); --allow-different-faces adds them nevertheless"
        )


def _look_alike(gallery: "Gallery", name: str, mean: npt.NDArray[np.int8], card: "ModelCard") -> LookAlikes | None:
    threshold = look_alike_threshold(gallery, card)
    return None if threshold is None else looks_like(gallery, name, mean, threshold)


def _listed(photos: Sequence[str], most: int = 5) -> str:
    more = f" and {len(photos) - most} more" if len(photos) > most else ""
    return ", ".join(photos[:most]) + more
