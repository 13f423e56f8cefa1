"""The gallery: enrolled people and their templates, for one embedder."""

import logging
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt

from ..errors import GalleryError
from ..frames import RGB
from ..names import appearance, clean_name, did_you_mean
from ..operating_point import OperatingPoint
from ..preprocessing import check_image
from ..protocols import FaceAnalyzer
from .container.content import GalleryContent
from .container.packing import reduced
from .container.writer import save
from .identification import IdentifyingGallery
from .templates.representatives import representatives
from .trust.opening import read_trusted
from .trust.policy import TrustPolicy

if TYPE_CHECKING:
    from ..tflite.model_card import ModelCard

_LOG = logging.getLogger(__name__)
_NAMESPACE = uuid.UUID("5f0bd9a6-6f5b-5c0f-9a0c-3a6d0f6f6f33")
_DIGEST_BYTES = 16
DEFAULT_TEMPLATES = 5


@dataclass(frozen=True, eq=False)
class Gallery(IdentifyingGallery):
    """Enrolled people and their templates. A gallery is immutable; methods that change something return a new gallery.

    See `GalleryContent` for the attributes.

    >>> from edge_siamese import FaceEngine, Gallery
    >>> from edge_siamese.rendering import DEMO_SEEDS, Person, View, render_portrait
    >>> anna, ben = (Person.from_seed(seed) for seed in DEMO_SEEDS[:2])
    >>> with FaceEngine.default() as engine:
    ...     photos = [render_portrait(anna, View(yaw=yaw)).image for yaw in (-10.0, 0.0, 10.0)]
    ...     gallery = Gallery.empty(engine.embedder_card).enroll("Anna", photos, engine=engine).save("family.esg")
    ...     faces = [engine.analyze(render_portrait(person, View(yaw=5.0)).image)[0] for person in (anna, ben)]
    >>> for decision in Gallery.open("family.esg").identify(faces):
    ...     print(decision.outcome, decision.identity)
    match Anna
    unknown None
    """

    @classmethod
    def of(cls, content: GalleryContent) -> Self:
        """Create a gallery from its content."""
        return cls(**{each.name: getattr(content, each.name) for each in fields(content)})

    @classmethod
    def open(cls, path: Path | str, policy: TrustPolicy | None = None) -> Self:
        """Map a gallery file into memory and check all of it.

        Args:
            path: the file.
            policy: required signatures and sequence numbers; by default those of the configuration's ``[trust]``.

        Raises:
            GalleryError: the file cannot be read, is not a gallery, is damaged, has a later version, cannot be decrypted,
                or is not what the policy requires.
        """
        return cls.of(read_trusted(Path(path), policy))

    @classmethod
    def empty(cls, card: "ModelCard", metadata: dict[str, Any] | None = None) -> Self:
        """Create an empty gallery for an embedder."""
        return cls(
            names=(),
            identifiers=(),
            templates=np.empty((0, card.dimension), np.int8),
            identity_index=np.empty(0, np.uint32),
            zero_point=card.zero_point,
            embedder_digest=bytes.fromhex(card.digest)[:_DIGEST_BYTES],
            metadata=metadata or {},
        )

    def save(self, path: Path | str) -> "Gallery":
        """Write the gallery to `path` atomically and return it with its new sequence number.

        Raises:
            StaleGalleryError: the gallery was read from `path`, and the file changed since then.
            GalleryError: `path` exists and is not a readable gallery.
            OSError: the file cannot be written.
        """
        return Gallery.of(save(self, Path(path)))

    def templates_of(self, name: str) -> npt.NDArray[np.int8]:
        """Templates of a person, int8 ``(n, D)``; n is 0 for an unknown name."""
        return self._people().get(name, self.templates[:0])

    def enroll(
        self,
        name: str,
        images: RGB | Sequence[RGB],
        *,
        engine: FaceAnalyzer,
        about: dict[str, Any] | None = None,
        limit: int = DEFAULT_TEMPLATES,
        allow_different_faces: bool = False,
        allow_look_alike: bool = False,
    ) -> "Gallery":
        """Add a person, or another template of an enrolled person: the mean of their photos.

        If a photo shows several faces, the face that matches the person's other photos is used; see
        `enrollment.face_choice`. Photos that cannot be used are skipped with a `logging` warning.

        Args:
            name: name of the person.
            images: one photo or several, each uint8 ``(H, W, 3)`` RGB, gray ``(H, W)`` or RGBA.
            engine: finds and embeds.
            about: creation time, consent and retention; see `metadata.describe`.
            limit: maximum number of templates of the person.
            allow_different_faces: accept photos that show different people.
            allow_look_alike: accept a person who looks like another person of the gallery.

        Returns:
            A new gallery; `save` writes it. It has no operating points, since those were measured without this person.

        Raises:
            ImageError: an array is not an image; the message says which.
            NoFaceError: none of the photos can be used.
            EnrollmentError: the photos show different people, or a person enrolled under another name.
            GalleryError: the gallery is of another embedder, or the name is invalid.
        """
        from .enrollment.person import Permissions, choose_of_person, embed_images, join

        self.require(engine.embedder_card)
        photos = [images] if isinstance(images, np.ndarray) and images.ndim < 4 else images
        checked = [check_image(image, f"image {number}") for number, image in enumerate(photos, 1)]
        chosen = choose_of_person(embed_images(checked, engine), name, self, engine.embedder_card)
        for skip in chosen.skipped:
            _LOG.warning("%s: %s %s and is not used", name, skip.photo, skip.reason)
        permissions = Permissions(different_faces=allow_different_faces, look_alike=allow_look_alike)
        gallery, _ = join(self, name, chosen, engine.embedder_card, permissions=permissions, limit=limit, about=about)
        return gallery

    def with_people(
        self,
        templates: Mapping[str, npt.NDArray[np.int8]],
        *,
        limit: int | None = DEFAULT_TEMPLATES,
        about: dict[str, Any] | None = None,
    ) -> "Gallery":
        """Add templates to new or enrolled people.

        Each person keeps the `limit` most representative old and new templates. Operating points are dropped, since they
        were measured without the new templates.

        Args:
            templates: int8 ``(n, D)`` templates by name.
            limit: maximum number of templates per person; None for all, in the given order.
            about: metadata of each of these people, which replaces the old one; see `metadata.describe`.

        Raises:
            GalleryError: a name is invalid or looks like another, or templates are missing or have another dimension.
        """
        people, known = self._people(), dict(self.metadata.get("people", {}))
        appearances = {appearance(name): name for name in people}
        for name, added in ((clean_name(name), added) for name, added in templates.items()):
            if added.ndim != 2 or added.shape[1] != self.dimension or not len(added):
                raise GalleryError(f"templates of {name!r}: expected (n, {self.dimension}), found {added.shape}")
            similar = appearances.setdefault(appearance(name), name)
            if similar != name and name not in people:
                raise GalleryError(
                    f"{self.source}: '{name}' looks the same as '{similar}', which is in the gallery", path=self.source
                )
            fitting = reduced(added, self.zero_point) if self.bits == 4 else added
            everything = np.concatenate([people.get(name, added[:0]), fitting])
            if limit is not None:
                everything = everything[representatives(everything, self.zero_point, limit)]
            people[name] = everything
            if about:
                known[name] = about
        return self._with(people, known)

    def without(self, name: str) -> "Gallery":
        """Remove a person. The operating points, which were measured with that person, are dropped.

        Raises:
            GalleryError: the name is not in the gallery.
        """
        name = clean_name(name)
        if name not in self.names:
            raise GalleryError(
                f"{self.source}: nobody is called {name!r}{did_you_mean(name, self.names)}", path=self.source
            )
        people, known = self._people(), dict(self.metadata.get("people", {}))
        del people[name]
        known.pop(name, None)
        return self._with(people, known)

    def with_four_bits(self) -> "Gallery":
        """The gallery with templates of 4 bits; the operating points are dropped. One that has 4 bits stays as it is.

        Raises:
            GalleryError: the dimension is odd, or the zero point is not from -120 to 120.
        """
        if self.bits == 4:
            return self
        return replace(self, bits=4, templates=reduced(self.templates, self.zero_point), operating_points=())

    def described(self, about: dict[str, Any], name: str | None = None) -> "Gallery":
        """Set fields of the metadata of a person, or of the whole gallery for None; others are kept.

        Args:
            about: fields as of `metadata.describe`.
            name: of the person.

        Raises:
            GalleryError: the name is not in the gallery.
        """
        if name is None:
            return replace(self, metadata=self.metadata | about)
        if name not in self.names:
            raise GalleryError(
                f"{self.source}: nobody is called {name!r}{did_you_mean(name, self.names)}", path=self.source
            )
        people = self.metadata.get("people", {})
        return replace(self, metadata=self.metadata | {"people": people | {name: people.get(name, {}) | about}})

    def with_operating_point(self, point: OperatingPoint) -> "Gallery":
        """Add an operating point; replaces one with the same target FMR."""
        points = {other.target_fmr: other for other in (*self.operating_points, point)}
        return replace(self, operating_points=tuple(points[rate] for rate in sorted(points)))

    def _people(self) -> dict[str, npt.NDArray[np.int8]]:
        return dict(zip(self.names, np.split(self.templates, self._starts[1:]), strict=True)) if self.names else {}

    def _with(self, people: Mapping[str, npt.NDArray[np.int8]], about: dict[str, Any]) -> "Gallery":
        names, identifiers = tuple(sorted(people)), dict(zip(self.names, self.identifiers, strict=True))
        counts = [len(people[name]) for name in names]
        metadata = {key: value for key, value in self.metadata.items() if key != "people"}
        return replace(
            self,
            names=names,
            identifiers=tuple(identifiers.get(name) or uuid.uuid5(_NAMESPACE, name) for name in names),
            templates=np.concatenate([np.empty((0, self.dimension), np.int8), *(people[name] for name in names)]),
            identity_index=np.repeat(np.arange(len(names), dtype=np.uint32), counts),
            operating_points=(),
            metadata=metadata | ({"people": about} if about else {}),
        )
