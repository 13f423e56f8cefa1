"""The gallery: the people a board knows, bound to one embedder."""

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
from .container.reader import read
from .container.writer import save
from .identification import IdentifyingGallery
from .templates.representatives import representatives

if TYPE_CHECKING:
    from ..tflite.model_card import ModelCard

_LOG = logging.getLogger(__name__)
_NAMESPACE = uuid.UUID("5f0bd9a6-6f5b-5c0f-9a0c-3a6d0f6f6f33")
_DIGEST_BYTES = 16
DEFAULT_TEMPLATES = 5


@dataclass(frozen=True, eq=False)
class Gallery(IdentifyingGallery):
    """People and their templates. A gallery never changes; the methods that change something return another one.

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
        """The gallery with that content."""
        return cls(**{each.name: getattr(content, each.name) for each in fields(content)})

    @classmethod
    def open(cls, path: Path | str) -> Self:
        """Map a gallery file into memory and check it whole.

        Raises:
            GalleryError: it cannot be read, is no gallery, is damaged, or is of a later version.
        """
        return cls.of(read(Path(path)))

    @classmethod
    def empty(cls, card: "ModelCard", metadata: dict[str, Any] | None = None) -> Self:
        """A gallery of nobody for an embedder."""
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
        """Write it as `path` atomically and return it with its new sequence number.

        Raises:
            StaleGalleryError: it was read from `path`, which changed since.
            GalleryError: something that is no readable gallery is there.
            OSError: it cannot be written.
        """
        return Gallery.of(save(self, Path(path)))

    def templates_of(self, name: str) -> npt.NDArray[np.int8]:
        """Templates int8 ``(n, D)`` of a person; none when the name is not known."""
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
        """The gallery with one more person, or with another template of a person it has: the mean of their photos.

        Of several faces on a photo the one is taken that agrees with the person's other photos; see
        `enrollment.face_choice`. Photos that cannot be used are left out and named by a warning of `logging`.

        Args:
            name: of the person.
            images: one photo or several, each uint8 ``(H, W, 3)`` RGB, gray ``(H, W)`` or RGBA.
            engine: finds and embeds.
            about: when and with what consent they were enrolled; see `metadata.describe`.
            limit: how many templates the person keeps.
            allow_different_faces: take photos that show different people.
            allow_look_alike: take somebody who looks like another person of the gallery.

        Returns:
            Another gallery; `save` writes it. It has no operating points, which were measured without this person.

        Raises:
            ImageError: an image is none; the sentence says which.
            NoFaceError: none of the photos can be used.
            EnrollmentError: the photos show different people, or somebody the gallery knows by another name.
            GalleryError: the gallery is of another embedder, or does not take the name.
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
        """The gallery with templates int8 ``(n, D)`` added to new or known people.

        Each keeps the `limit` most representative of their old and new templates. Operating points are dropped: they
        were measured without the new templates.

        Args:
            templates: by name.
            limit: how many a person keeps; None for all, in the order given.
            about: information about each of these people, in place of what was known; see `metadata.describe`.

        Raises:
            GalleryError: a name that cannot be or looks the same as another, no template, or one of another dimension.
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
            everything = np.concatenate([people.get(name, added[:0]), added])
            if limit is not None:
                everything = everything[representatives(everything, self.zero_point, limit)]
            people[name] = everything
            if about:
                known[name] = about
        return self._with(people, known)

    def without(self, name: str) -> "Gallery":
        """The gallery without a person, and without operating points, which were measured with them.

        Raises:
            GalleryError: there is nobody of that name.
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

    def with_operating_point(self, point: OperatingPoint) -> "Gallery":
        """The gallery with an operating point in place of one for the same rate."""
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
