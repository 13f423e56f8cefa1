"""The gallery: the people a board knows, bound to one embedder."""

import logging
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, overload

import numpy as np
import numpy.typing as npt

from ..decision import Decision, Outcome, Reason, decide_scores, doubted, undecided
from ..errors import DataError, GalleryError, OperatingPointError, OtherEmbedderError
from ..faces import Embedding, Face
from ..frames import RGB
from ..matching import scores_q15
from ..names import appearance, clean_name, did_you_mean
from ..operating_point import (
    DEFAULT_TARGET_FPIR,
    OperatingPoint,
    accepted_threshold,
    choose_operating_point,
    require_rate,
)
from ..preprocessing import check_image
from ..protocols import FaceAnalyzer
from .container.content import GalleryContent
from .container.reader import read
from .container.writer import save
from .metadata import is_overdue, today
from .templates.representatives import representatives

if TYPE_CHECKING:
    from ..tflite.model_card import ModelCard

_LOG = logging.getLogger(__name__)
_NAMESPACE = uuid.UUID("5f0bd9a6-6f5b-5c0f-9a0c-3a6d0f6f6f33")
_DIGEST_BYTES = 16
DEFAULT_TEMPLATES = 5
# How often the mean of three to ten photos matches a stranger for each time that one photo does, at thresholds
# of an FMR of 1e-3 to 1e-4: 1.6 to 2.6, measured on the validation people.
_MATCHES_OF_A_MEAN = 3


@dataclass(frozen=True, eq=False)
class Gallery(GalleryContent):
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

    @cached_property
    def _starts(self) -> npt.NDArray[np.intp]:
        """Index of each identity's first template."""
        return np.searchsorted(self.identity_index, np.arange(len(self.names)))

    def scores(self, embedding: Embedding) -> dict[str, int]:
        """Q15 score of every name: the best of its templates.

        Raises:
            GalleryError: the embedding is of another embedder.
        """
        self._require_digest(embedding.embedder)
        return dict(zip(self.names, self.scores_of(embedding.values[None])[0].tolist(), strict=True))

    def scores_of(self, probes: npt.NDArray[np.int8]) -> npt.NDArray[np.int16]:
        """Q15 scores int16 ``(P, N)`` of int8 ``(P, D)`` probes of the same embedder."""
        if not self.names:
            return np.empty((len(probes), 0), np.int16)
        of_templates = scores_q15(probes, self.templates, self.zero_point)
        return np.maximum.reduceat(of_templates, self._starts, axis=1)

    @overload
    def identify(
        self,
        faces: Face | Embedding,
        *,
        operating_point: OperatingPoint | None = None,
        threshold: float | None = None,
        target_fpir: float = DEFAULT_TARGET_FPIR,
    ) -> Decision: ...

    @overload
    def identify(
        self,
        faces: Sequence[Face | Embedding],
        *,
        operating_point: OperatingPoint | None = None,
        threshold: float | None = None,
        target_fpir: float = DEFAULT_TARGET_FPIR,
    ) -> list[Decision]: ...

    def identify(
        self,
        faces: Face | Embedding | Sequence[Face | Embedding],
        *,
        operating_point: OperatingPoint | None = None,
        threshold: float | None = None,
        target_fpir: float = DEFAULT_TARGET_FPIR,
    ) -> Decision | list[Decision]:
        """Who it is, that it is nobody of the gallery, or why it cannot be told.

        Two people who both reach the threshold and score nearly the same are `Reason.AMBIGUOUS`. A face that
        `FaceEngine.analyze` rejected is undecided.

        Args:
            faces: one embedded face or embedding, or a list of them, which is scored at once.
            operating_point: where to accept; by default what `operating_point` finds for `target_fpir`.
            threshold: a bare score from -1 to 1 in its place.
            target_fpir: accepted rate of strangers named, over the whole gallery.

        Returns:
            A decision, or a list of them for a list.

        Raises:
            GalleryError: an embedding is of another embedder.
            OperatingPointError: neither the gallery nor the embedder has an operating point, and none was passed.
            DataError: a face is not embedded, or the threshold is no score from -1 to 1.
        """
        if isinstance(faces, Face | Embedding):
            return self._identify([faces], accepted_threshold(operating_point, threshold), target_fpir)[0]
        return self._identify(list(faces), accepted_threshold(operating_point, threshold), target_fpir)

    def _identify(self, faces: list[Face | Embedding], threshold_q15: int | None, target_fpir: float) -> list[Decision]:
        embeddings = [_embedding_of(face) for face in faces]
        if not embeddings:
            return []
        for embedding in embeddings:
            self._require_digest(embedding.embedder)
        if threshold_q15 is None:
            threshold_q15 = self.operating_point(embeddings[0], target_fpir).threshold_q15
        scores = self.scores_of(np.stack([embedding.values for embedding in embeddings]))
        decisions = [self.decide(row, threshold_q15) for row in scores]
        return [_gated(face, decision) for face, decision in zip(faces, decisions, strict=True)]

    def decide(self, scores: npt.NDArray[np.integer], threshold_q15: int, *, day: date | None = None) -> Decision:
        """Who it is, from one score of every person.

        A person kept beyond their last day is compared, so that they do not count as a stranger, and is not named: the
        decision is `Reason.OVERDUE`.

        Args:
            scores: Q15 ``(N,)``, as `scores_of` gives them or fused over time.
            threshold_q15: a best score below it is nobody known.
            day: today in UTC unless given.
        """
        decision = decide_scores(self.names, scores, threshold_q15)
        if decision.identity is None or not self.is_overdue(decision.identity, day or today()):
            return decision
        return replace(decision, outcome=Outcome.UNDECIDED, reason=Reason.OVERDUE, identity=None)

    def require(self, card: "ModelCard") -> None:
        """Make sure that the gallery was made with this embedder.

        Raises:
            GalleryError: with both digests.
        """
        self._require_digest(card.digest)
        if (card.dimension, card.zero_point) != (self.dimension, self.zero_point):
            raise OtherEmbedderError(
                f"{self.source}: templates of dimension {self.dimension} and zero point {self.zero_point}, "
                f"the embedder has {card.dimension} and {card.zero_point}",
                path=self.source,
                expected=(self.dimension, self.zero_point),
                found=(card.dimension, card.zero_point),
            )

    def required_fmr(self, target_fpir: float = DEFAULT_TARGET_FPIR) -> float:
        """False match rate that one comparison may have, so that a stranger is named at most at `target_fpir`.

        The gallery's own operating points were measured on comparisons with a person, a model's on comparisons with one
        photo. A stranger meets every template, and a template may be the mean of several photos.
        """
        require_rate(target_fpir, "target FPIR")
        comparisons = len(self.names) if self.operating_points else _MATCHES_OF_A_MEAN * len(self.templates)
        return target_fpir / max(comparisons, 1)

    def operating_point(
        self, card: "ModelCard | Embedding", target_fpir: float = DEFAULT_TARGET_FPIR
    ) -> OperatingPoint:
        """The operating point to identify at: the gallery's own, if it has any, before the model's.

        It is the loosest whose target FMR is at most `required_fmr`. When none is strict enough it is the strictest;
        its `target_fmr` is then above `required_fmr`, which the caller tells the user.

        Raises:
            OperatingPointError: neither the gallery nor the model has one.
        """
        points = self.operating_points or card.operating_points
        if not points:
            raise OperatingPointError(
                f"neither {self.source} nor its embedder has an operating point: run 'edge-siamese gallery calibrate'"
            )
        return choose_operating_point(points, self.required_fmr(target_fpir))

    def templates_of(self, name: str) -> npt.NDArray[np.int8]:
        """Templates int8 ``(n, D)`` of a person; none when the name is not known."""
        return self._people().get(name, self.templates[:0])

    def is_overdue(self, name: str, day: date) -> bool:
        """Whether a person is kept on `day` beyond their last day or the gallery's."""
        return is_overdue(self.metadata, None, day) or is_overdue(self.metadata, name, day)

    def overdue(self, day: date) -> tuple[str, ...]:
        """Names of the people kept on `day` beyond their last day; everybody when the gallery's own is over."""
        return tuple(name for name in self.names if self.is_overdue(name, day))

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
        from .enrollment.person import Permissions, choose_of_person, join, look_at_images

        self.require(engine.embedder_card)
        photos = [images] if isinstance(images, np.ndarray) and images.ndim < 4 else images
        checked = [check_image(image, f"image {number}") for number, image in enumerate(photos, 1)]
        chosen = choose_of_person(look_at_images(checked, engine), name, self, engine.embedder_card)
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

    def _require_digest(self, embedder: str) -> None:
        own = self.embedder_digest.hex()
        if embedder[: len(own)] != own:
            raise OtherEmbedderError(
                f"{self.source}: made with the embedder {own}, the embedder here is {embedder[: len(own)]}; "
                "a gallery serves only the embedder that made it",
                path=self.source,
                expected=own,
                found=embedder[: len(own)],
            )


def _embedding_of(face: Face | Embedding) -> Embedding:
    if isinstance(face, Embedding):
        return face
    if not isinstance(face, Face):
        raise DataError(f"identify: expected a Face or an Embedding, found {type(face).__name__}")
    if face.embedding is None:
        raise DataError("identify: expected an embedded face, found one without; FaceEngine.analyze embeds faces")
    return face.embedding


def _gated(face: Face | Embedding, decision: Decision) -> Decision:
    """The decision, or why there is none about this face."""
    if isinstance(face, Embedding):
        return decision
    return undecided(face.rejection) if face.rejection else doubted(decision, face.doubt)
