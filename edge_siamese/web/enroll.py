"""Enrollment from the page: checks each photo while it is taken, and adds a person to the gallery."""

from dataclasses import dataclass
from typing import Any

from ..envelope import envelope
from ..errors import EdgeSiameseError, ImageError
from ..gallery import Gallery
from ..gallery.enrollment.camera import unsuitable
from ..gallery.enrollment.face_choice import PhotoFaces, find_meant_faces
from ..gallery.enrollment.guide import direction
from ..gallery.enrollment.look_alikes import LookAlikes
from ..gallery.enrollment.person import Permissions, choose_of_person, join
from ..gallery.gallery import DEFAULT_TEMPLATES
from ..gallery.metadata import describe
from ..image_io import read_image
from ..names import clean_name, similar_name
from ..quality.gate import measure_crop
from .errors import RejectedError
from .gallery_store import GalleryStore
from .photo_engine import PhotoEngine, read_upload
from .uploads import Upload
from .words import NO_FACE_ADVICE

_TRUE = frozenset({"1", "true", "on", "yes"})


@dataclass(frozen=True)
class PersonForm:
    """What a form says about a person.

    Attributes:
        name: name of the person.
        consent, retain_until: metadata; None if not given.
        permissions: exceptions to the checks of the photos.
    """

    name: str
    consent: str | None
    retain_until: str | None
    permissions: Permissions

    @classmethod
    def of(cls, fields: dict[str, str]) -> "PersonForm":
        """Read the fields of a form.

        Raises:
            RejectedError: there is no name (400).
        """
        name = fields.get("name", "").strip()
        if not name:
            raise RejectedError(400, "a form: expected the person's name as name, found none", "name")
        return cls(
            name=name,
            consent=fields.get("consent", "").strip() or None,
            retain_until=fields.get("retain_until", "").strip() or None,
            permissions=Permissions(
                different_faces=fields.get("different_faces", "").lower() in _TRUE,
                look_alike=fields.get("look_alike", "").lower() in _TRUE,
            ),
        )


class Enrollment:
    """Checks photos and enrolls people. Thread-safe.

    Args:
        photos: detects, aligns and embeds faces.
        store: the gallery that is changed.
    """

    def __init__(self, photos: PhotoEngine, store: GalleryStore) -> None:
        self._photos, self._store = photos, store

    def check(self, photo: Upload) -> dict[str, Any]:
        """Whether a photo can be used for an enrollment, and the direction in which the face looks.

        Raises:
            RejectedError: the photo cannot be read.
        """
        image = read_upload(photo)
        with self._photos.lent() as engine:
            meant = find_meant_faces(image, engine)
        problem = unsuitable(meant)
        face = meant.faces[0] if meant.faces else None
        height, width = image.shape[:2]
        body = {
            "usable": problem is None,
            "problem": problem,
            "advice": NO_FACE_ADVICE if meant.found == 0 else [],
            "faces": meant.found,
            "photo": {"name": photo.name, "width": width, "height": height},
            "box": face.box.tolist() if face else None,
            "quality": round(measure_crop(meant.crops[0], face).score, 1) if face else None,
            "direction": str(direction(face)) if face else None,
        }
        return envelope("web-check", body, models=self._photos.digests)

    def enroll(self, photos: list[Upload], person: PersonForm) -> dict[str, Any]:
        """Add a person, or another template of a person, to the gallery file.

        Raises:
            RejectedError: no photo can be used, the photos contradict each other or the gallery, or the gallery may not be
                changed.
        """
        card = self._photos.embedder_card
        try:
            name, about = clean_name(person.name), describe(consent=person.consent, retain_until=person.retain_until)
            self._require_distinct(name)
            with self._photos.lent() as engine:
                faces = [_faces_of(photo, engine) for photo in photos]
            chosen = choose_of_person(faces, name, self._store.gallery(), card)
            likeness: list[LookAlikes | None] = []

            def add(gallery: Gallery) -> Gallery:
                joined, other = join(
                    gallery, name, chosen, card, permissions=person.permissions, limit=DEFAULT_TEMPLATES, about=about
                )
                likeness.append(other)
                return joined

            before = self._store.gallery()
            written = self._store.change(add)
        except EdgeSiameseError as error:
            raise RejectedError.of(error) from error
        body = {
            "name": name,
            "used": len(chosen.photos),
            "kept": len(written.templates_of(name)),
            "skipped": [{"photo": skip.photo, "reason": skip.reason} for skip in chosen.skipped],
            "look_alike": likeness[-1].to_json() if likeness[-1] else None,
            "points_dropped": bool(before.operating_points and not written.operating_points),
            "identities": len(written.names),
            "templates": len(written.templates),
        }
        return envelope("web-enroll", body, models=self._photos.digests)

    def _require_distinct(self, name: str) -> None:
        names = self._store.gallery().names
        similar = similar_name(name, names)
        if similar is not None and name not in names:
            raise RejectedError(409, f"'{name}' looks the same as '{similar}', which is in the gallery", "name")


def _faces_of(photo: Upload, engine: Any) -> PhotoFaces:
    try:
        return PhotoFaces.of(read_image(photo.data, name=photo.name), photo.name, engine)
    except ImageError as error:
        return PhotoFaces.unusable(photo.name, str(error).split(f"{photo.name}: ")[-1])
