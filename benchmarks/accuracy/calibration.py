"""Whether the false match rate that a calibration promises holds for people who were not used for it."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from edge_siamese.dataset_embeddings import DatasetEmbeddings
from edge_siamese.errors import DataError, OperatingPointError
from edge_siamese.gallery import Gallery
from edge_siamese.gallery.calibration import compare, estimated_point, operating_point
from edge_siamese.gallery.templates.representatives import mean_template
from edge_siamese.intervals import Proportion
from edge_siamese.names import clean_name
from edge_siamese.operating_point import OperatingPoint

if TYPE_CHECKING:
    from edge_siamese.gallery.calibration import GalleryComparisons
    from edge_siamese.tflite.model_card import ModelCard

ENROLLED, ENROLLED_SHARE = 50, 3
STRANGERS = (10, 30, 100)
"""Numbers of strangers for which a threshold is estimated."""


@dataclass
class PromiseRow:
    """Calibrations of one kind and rate, on many random divisions of the people.

    Attributes:
        target_fmr: promised false match rate.
        kind: ``counted`` or ``estimate``.
        strangers: number of strangers of one calibration.
        held: for each calibration the false matches among comparisons of the held-out strangers.
        fnmr: for each calibration the false non-match rate on other photos of the enrolled people.
        rejected: number of calibrations that were rejected.
    """

    target_fmr: float
    kind: str
    strangers: int
    held: list[Proportion] = field(default_factory=list)
    fnmr: list[float] = field(default_factory=list)
    rejected: int = 0

    @property
    def pooled(self) -> float:
        """False match rate of all held-out comparisons."""
        return sum(each.count for each in self.held) / max(sum(each.trials for each in self.held), 1)

    @property
    def kept(self) -> float:
        """Share of the calibrations whose promise held."""
        return float(np.mean([(each.rate or 0.0) <= self.target_fmr for each in self.held])) if self.held else 0.0

    @property
    def worst(self) -> float:
        """The largest held-out rate of a calibration."""
        return max((each.rate or 0.0 for each in self.held), default=0.0)

    def cells(self) -> tuple[str, ...]:
        """Cells of a table."""
        start = (f"{self.target_fmr:g}", self.kind, str(self.strangers))
        if not self.held:
            return (*start, "-", "-", "-", "-", str(self.rejected))
        rates = (f"{self.pooled:.2g}", f"{self.kept:.0%}", f"{self.worst:.2g}", f"{np.mean(self.fnmr):.3f}")
        return (*start, *rates, str(self.rejected))

    def to_json(self) -> dict[str, Any]:
        return {
            "target_fmr": self.target_fmr,
            "kind": self.kind,
            "strangers": self.strangers,
            "held_out_fmr": self.pooled if self.held else None,
            "kept": self.kept if self.held else None,
            "worst": self.worst if self.held else None,
            "fnmr": float(np.mean(self.fnmr)) if self.fnmr else None,
            "calibrations": [each.to_json() for each in self.held],
            "rejected": self.rejected,
        }


HEAD = ("FMR", "threshold", "strangers", "held-out FMR", "promise kept", "worst", "FNMR", "rejected")


def check_promises(
    embedded: DatasetEmbeddings,
    card: "ModelCard",
    targets: tuple[float, ...],
    repeats: int,
    progress: Callable[[int, int], None] | None = None,
) -> list[PromiseRow]:
    """Enroll some people, calibrate with a part of the others and measure with the rest, many times.

    Args:
        embedded: photos of people.
        card: their embedder.
        targets: false match rates.
        repeats: number of random divisions of the people.
        progress: called with the divisions done and the total.

    Raises:
        DataError: there are too few people.
    """
    rows: dict[tuple[float, str, int], PromiseRow] = {}
    for repeat in range(repeats):
        gallery, calibration, rest = _split_photos(embedded, card, repeat)
        unseen = compare(gallery, rest)
        for target in targets:
            for kind, strangers, used in _kinds(calibration):
                row = rows.setdefault((target, kind, strangers), PromiseRow(target, kind, strangers))
                _measure(row, gallery, compare(gallery, used), unseen)
        if progress:
            progress(repeat + 1, repeats)
    return [rows[key] for key in sorted(rows, key=lambda key: (-key[0], key[1], key[2]))]


def _kinds(calibration: DatasetEmbeddings) -> Iterator[tuple[str, int, DatasetEmbeddings]]:
    people = list(dict.fromkeys(photo.person for photo in calibration.photos))
    yield "counted", len(people), calibration
    for count in STRANGERS:
        if count <= len(people):
            yield "estimate", count, _of(calibration, set(people[:count]))


def _measure(row: PromiseRow, gallery: Gallery, used: "GalleryComparisons", unseen: "GalleryComparisons") -> None:
    try:
        point = _point(row, gallery, used)
    except OperatingPointError:
        row.rejected += 1
        return
    matches = int(np.count_nonzero(unseen.impostor >= point.threshold_q15))
    row.held.append(Proportion(matches, len(unseen.impostor)))
    row.fnmr.append(float(np.mean(unseen.genuine < point.threshold_q15)))


def _point(row: PromiseRow, gallery: Gallery, used: "GalleryComparisons") -> OperatingPoint:
    if row.kind == "counted":
        return operating_point(gallery, used, row.target_fmr)
    return estimated_point(gallery, used, row.target_fmr)[0]


def _split_photos(
    embedded: DatasetEmbeddings, card: "ModelCard", repeat: int
) -> tuple[Gallery, DatasetEmbeddings, DatasetEmbeddings]:
    """A gallery, photos of strangers to calibrate with, and photos of other strangers and of the enrolled people."""
    photos: dict[str, list[int]] = {}
    for row in np.flatnonzero(embedded.found).tolist():
        photos.setdefault(embedded.photos[row].person, []).append(row)
    order = sorted(photos, key=lambda name: hashlib.sha256(f"{repeat} {name}".encode()).digest())
    several = [name for name in order if len(photos[name]) > 1][: min(ENROLLED, len(order) // ENROLLED_SHARE)]
    strangers = [name for name in order if name not in set(several)]
    if len(several) < 2 or len(strangers) < 4:
        raise DataError(f"expected at least 6 people, two of them with two photos, found {len(photos)}")
    halves = {name: photos[name][: (len(photos[name]) + 1) // 2] for name in several}
    templates = {
        clean_name(name): mean_template(embedded.embeddings[rows], card.zero_point)[None]
        for name, rows in halves.items()
    }
    enrolled = {row for rows in halves.values() for row in rows}
    half = len(strangers) // 2
    rest = _of(embedded, {*several, *strangers[half:]}, without=enrolled)
    return Gallery.empty(card).with_people(templates), _of(embedded, set(strangers[:half])), rest


def _of(embedded: DatasetEmbeddings, people: set[str], without: set[int] | None = None) -> DatasetEmbeddings:
    rows = [
        row for row, photo in enumerate(embedded.photos) if photo.person in people and row not in (without or set())
    ]
    return replace(
        embedded,
        photos=[embedded.photos[row] for row in rows],
        embeddings=embedded.embeddings[rows],
        found=embedded.found[rows],
        centered=embedded.centered[rows],
        faces=[embedded.faces[row] for row in rows],
        qualities=[embedded.qualities[row] for row in rows],
    )
