"""Conditions benchmark: false matches of strangers who share a drawn mask, glasses, darkness or infrared light.

Each condition is drawn on photos, which are then detected, aligned, measured and embedded as on the device. Strangers in the
same condition are compared with each other, and people in a condition with their plain photos.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from edge_siamese.cli.shared.output import table
from edge_siamese.dataset_embeddings import Choose
from edge_siamese.errors import DataError, ImageError
from edge_siamese.faces import Face
from edge_siamese.frames import RGB
from edge_siamese.identity_dataset import IdentityDataset, Photo
from edge_siamese.intervals import Proportion
from edge_siamese.matching import scores_q15
from edge_siamese.protocols import FaceAnalyzer
from edge_siamese.quality.conditions import shipped_conditions
from edge_siamese.quality.gate import Quality, QualityLimits, measure_crop
from edge_siamese.rendering.conditions import CONDITIONS
from edge_siamese.tflite.model_card import ModelCard

PLAIN = "plain"
LIMITS = QualityLimits()

Progress = Callable[[int, int], None]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class ConditionResult:
    """Results of one condition.

    Attributes:
        condition: a name in `CONDITIONS`, or `PLAIN`.
        found: photos on which the face was found, of all photos.
        recognized: number of faces by reason of a rejection or doubt.
        impostors: stranger pairs in the condition that match without the gate, of all pairs with both faces.
        gated: stranger pairs that match with the gate, of the same pairs.
        compared: stranger pairs that the gate lets compare, of the same pairs.
        genuine: pairs of a person's plain photo and another one in the condition that match without the gate, of all such
            pairs; a face that is not found is a miss.
        genuine_gated: the same with the gate.
    """

    condition: str
    found: Proportion
    recognized: dict[str, int]
    impostors: Proportion
    gated: Proportion
    compared: Proportion
    genuine: Proportion
    genuine_gated: Proportion

    def to_json(self) -> dict[str, Any]:
        names = ("found", "impostors", "gated", "compared", "genuine", "genuine_gated")
        rates = {name: getattr(self, name).to_json() for name in names}
        return {"condition": self.condition, "recognized": self.recognized} | rates

    def cells(self) -> tuple[str, ...]:
        """Cells of a table row."""
        reasons = ", ".join(f"{reason} {count / self.found.count:.1%}" for reason, count in self.recognized.items())
        low, high = self.gated.interval
        return (
            self.condition,
            _share(self.found, 1),
            reasons or "-",
            _share(self.impostors, 3),
            _share(self.gated, 3),
            f"{self.gated.count:,} of {self.gated.trials:,} ({low:.3%}-{high:.3%})",
            f"{self.compared.count:,}",
            _share(self.genuine, 1),
            _share(self.genuine_gated, 1),
        )


HEADER = (
    "condition", "found", "recognized as", "FMR", "with the gate", "false matches", "compared", "genuine accepted",
    "with the gate",
)  # fmt: skip


def describe(results: Sequence[ConditionResult]) -> str:
    """The results as a table."""
    return table([result.cells() for result in results], header=HEADER, align="<><>>>>>>")


def choose_photos(dataset: IdentityDataset, people: int, photos: int) -> list[Photo]:
    """At most `photos` photos of each of at most `people` people, evenly spaced in the order of the dataset.

    People with two or more photos are preferred, since genuine pairs need them.

    Raises:
        DataError: there are fewer than two people.
    """
    by_person: dict[str, list[Photo]] = {}
    for photo in dataset.photos:
        by_person.setdefault(photo.person, []).append(photo)
    if len(by_person) < 2:
        raise DataError(f"stranger pairs need photos of 2 people, found {len(by_person)}")
    several = [person for person, each in by_person.items() if len(each) > 1]
    names = several if len(several) >= people else list(by_person)
    chosen = [names[index] for index in np.linspace(0, len(names) - 1, min(people, len(names))).astype(int)]
    return [photo for person in chosen for photo in by_person[person][:photos]]


def evaluate_conditions(
    dataset: IdentityDataset,
    photos: Sequence[Photo],
    engine: FaceAnalyzer,
    choose: Choose,
    threshold_q15: int,
    conditions: Sequence[str],
    progress: Progress | None = None,
) -> list[ConditionResult]:
    """Draw conditions on photos and measure false and genuine matches.

    Args:
        dataset: reads the photos.
        photos: photos of at least two people.
        engine: detects, aligns and embeds faces.
        choose: function that chooses one of several faces.
        threshold_q15: threshold of the comparisons.
        conditions: names in `CONDITIONS`.
        progress: called with the number of photos done and the total.

    Returns:
        The results of the plain photos, then of each condition.
    """
    wanted = (PLAIN, *conditions)
    seen: dict[str, list[_Seen | None]] = {name: [] for name in wanted}
    for number, photo in enumerate(photos):
        for name, result in _seen(dataset, photo, number, engine, choose, wanted).items():
            seen[name].append(result)
        if progress:
            progress(number + 1, len(photos))
    people = np.unique([photo.person for photo in photos], return_inverse=True)[1].astype(np.int64)
    sets = {name: _ConditionFaces.of(results, engine.embedder_card) for name, results in seen.items()}
    return [_result(name, faces, sets[PLAIN], people, threshold_q15) for name, faces in sets.items()]


@dataclass(frozen=True, eq=False)
class _Seen:
    embedding: npt.NDArray[np.int8]
    quality: Quality


@dataclass(frozen=True, eq=False)
class _ConditionFaces:
    """The faces of all photos in one condition; photos without a face have a zero embedding and `found` false."""

    found: Bools
    embeddings: npt.NDArray[np.int8]
    qualities: list[Quality | None]
    glasses: Bools
    zero_point: int
    raise_q15: int

    @classmethod
    def of(cls, seen: Sequence[_Seen | None], card: ModelCard) -> "_ConditionFaces":
        zero_point = card.zero_point
        empty = np.full(card.dimension, zero_point, np.int8)
        embeddings = np.stack([each.embedding if each else empty for each in seen])
        found = np.array([each is not None for each in seen])
        rule = shipped_conditions().glasses_rule(card.digest)
        glasses = rule.present(embeddings, zero_point) & found if rule else np.zeros(len(found), bool)
        qualities = [each.quality if each else None for each in seen]
        return cls(found, embeddings, qualities, glasses, zero_point, rule.raise_q15 if rule else 0)

    def compare(self, other: "_ConditionFaces", threshold_q15: int) -> tuple[Bools, Bools, Bools]:
        """Matrices ``(N, N)``: match without the gate, may be compared, match with the gate."""
        scores = scores_q15(self.embeddings, other.embeddings, self.zero_point).astype(np.int32)
        raised = np.where(self.glasses[:, None] & other.glasses, self.raise_q15, 0)
        allowed = ~(self._rejected()[:, None] | other._rejected())
        for reason in {condition for quality in self.qualities if quality for condition in quality.suspected}:
            alone = frozenset({reason})
            first, second = (
                np.array([bool(quality and quality.suspected & alone) for quality in faces.qualities])
                for faces in (self, other)
            )
            allowed &= ~(first[:, None] & second)
        return scores >= threshold_q15, allowed, allowed & (scores >= threshold_q15 + raised)

    def _rejected(self) -> Bools:
        return np.array([bool(quality and quality.rejection(LIMITS)) for quality in self.qualities])


def _seen(
    dataset: IdentityDataset, photo: Photo, number: int, engine: FaceAnalyzer, choose: Choose, wanted: Sequence[str]
) -> dict[str, _Seen | None]:
    try:
        image = dataset.read(photo)
    except ImageError:
        return dict.fromkeys(wanted)
    face = choose(engine.detect(image), image)
    if face is None:
        return dict.fromkeys(wanted)
    drawn = {}
    for name in wanted:
        rng = np.random.default_rng((number, sum(map(ord, name))))
        drawn_image = image if name == PLAIN else CONDITIONS[name](image, face.landmarks, rng)
        drawn[name] = _face_at(engine, drawn_image, face)
    return drawn


def _face_at(engine: FaceAnalyzer, image: RGB, expected: Face) -> _Seen | None:
    """The face nearest the expected one, if it is within half a box of it."""

    def offset(face: Face) -> float:
        return float(np.abs(np.subtract(face.center, expected.center)).max())

    face = min(engine.detect(image), key=offset, default=None)
    if face is None or offset(face) > expected.box[2] / 2:
        return None
    crop = engine.align(image, face)
    return _Seen(engine.embed_crop(crop).values, measure_crop(crop, face))


def _result(
    name: str, faces: _ConditionFaces, plain: _ConditionFaces, people: npt.NDArray[np.int64], threshold_q15: int
) -> ConditionResult:
    matched, allowed, gated = faces.compare(faces, threshold_q15)
    strangers = (people[:, None] < people) & faces.found[:, None] & faces.found
    genuine = (people[:, None] == people) & ~np.eye(len(people), dtype=bool) & plain.found[:, None]
    plain_matched, _, plain_gated = plain.compare(faces, threshold_q15)
    reasons = [quality.rejection(LIMITS) or quality.doubt(LIMITS) for quality in faces.qualities if quality is not None]
    pairs = int(strangers.sum())
    return ConditionResult(
        name,
        Proportion(int(faces.found.sum()), len(people)),
        dict(Counter(str(reason) for reason in reasons if reason).most_common()),
        Proportion(int((matched & strangers).sum()), pairs),
        Proportion(int((gated & strangers).sum()), pairs),
        Proportion(int((allowed & strangers).sum()), pairs),
        Proportion(int((plain_matched & genuine & faces.found).sum()), int(genuine.sum())),
        Proportion(int((plain_gated & genuine & faces.found).sum()), int(genuine.sum())),
    )


def _share(proportion: Proportion, digits: int) -> str:
    return "-" if proportion.rate is None else f"{proportion.rate:.{digits}%}"
