"""Accuracy of templates in other forms: renewable, 4-bit, binary; and whether two renewed galleries can be linked."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from edge_siamese.dataset_embeddings import DatasetEmbeddings
from edge_siamese.errors import DataError
from edge_siamese.gallery.container.packing import reduced
from edge_siamese.renewal import RenewalKey

Floats = npt.NDArray[np.float32]
TARGETS = (1e-3, 1e-4)
PREFILTER_SHARE = 0.01
"""Share of the templates that the binary prefilter passes on."""
_KEYS = RenewalKey(bytes(range(32))), RenewalKey(bytes(range(1, 33)))


@dataclass(frozen=True)
class FormRow:
    """Accuracy of one form of templates, over all pairs of photos.

    Attributes:
        form: what the templates are.
        bytes: of one template.
        eer: equal error rate.
        fnmr: false non-match rate at a false match rate of 1e-3 and of 1e-4.
        genuine, impostor: number of pairs.
    """

    form: str
    bytes: int
    eer: float
    fnmr: tuple[float, float]
    genuine: int
    impostor: int

    def cells(self) -> tuple[str, ...]:
        """Cells of a table."""
        return (self.form, str(self.bytes), f"{self.eer:.2%}", *(f"{rate:.2%}" for rate in self.fnmr))

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


HEAD = ("form", "bytes", "EER", *(f"FNMR at FMR {target:g}" for target in TARGETS))


def template_forms(embedded: DatasetEmbeddings, progress: Callable[[int, int], None] | None = None) -> list[FormRow]:
    """Compare every photo with every later photo, the second in each form.

    Args:
        embedded: photos of people, of an embedder with a power of 4 numbers.
        progress: called with the forms done and the total.

    Raises:
        DataError: there are no genuine or no impostor pairs.
    """
    rows = embedded.embeddings[embedded.found]
    people = embedded.people[embedded.found]
    genuine = people[:, None] == people
    later = np.triu(np.ones(genuine.shape, bool), 1)
    if not (genuine & later).any() or (genuine | ~later).all():
        raise DataError("expected photos of two people, of one of them two, found fewer")
    forms = list(_forms(rows, embedded.zero_point))
    found = []
    for done, (form, size, probes, templates) in enumerate(forms, start=1):
        scores = probes @ templates.T
        found.append(_row(form, size, scores[genuine & later], scores[~genuine & later]))
        if progress:
            progress(done, len(forms))
    return found


def prefilter_losses(embedded: DatasetEmbeddings) -> float:
    """Share of photos whose most similar other photo of the same person, by the int8 score, is not among the nearest
    `PREFILTER_SHARE` of all photos by the number of different signs."""
    vectors = _unit(embedded.embeddings[embedded.found].astype(np.float32) - embedded.zero_point)
    people, signs = embedded.people[embedded.found], np.sign(vectors)
    kept, lost, total = max(round(PREFILTER_SHARE * len(vectors)), 1), 0, 0
    for place, vector in enumerate(vectors):
        same = np.flatnonzero(people == people[place])
        mates = same[same != place]
        if not len(mates):
            continue
        mate = mates[np.argmax(vectors[mates] @ vector)]
        agreement = signs @ signs[place]
        lost += int(np.count_nonzero(agreement > agreement[mate]) - 1 >= kept)
        total += 1
    return lost / max(total, 1)


def _forms(rows: npt.NDArray[np.int8], zero_point: int) -> Iterator[tuple[str, int, Floats, Floats]]:
    """Form, bytes of a template, probes and templates, as unit vectors."""
    plain, size = rows.astype(np.float32) - zero_point, rows.shape[1]
    first, second = (key.transform(rows, zero_point) for key in _KEYS)
    rotated = _KEYS[1].rotate(first, _KEYS[0])
    unit = _unit(plain)
    yield "int8", size, unit, unit
    yield "renewed with a key", size, *(2 * (_unit(first.astype(np.float32)),))
    yield "renewed, then another key", size, _unit(second.astype(np.float32)), _unit(rotated.astype(np.float32))
    yield "linkage of two keys", size, _unit(first.astype(np.float32)), _unit(second.astype(np.float32))
    yield "4 bits", size // 2, unit, _unit(reduced(rows, zero_point).astype(np.float32) - zero_point)
    yield "1 bit", size // 8, unit, _unit(np.where(plain > 0, np.float32(1), np.float32(-1)))
    yield "1 bit, probe too", size // 8, *(2 * (_unit(np.where(plain > 0, np.float32(1), np.float32(-1))),))


def _unit(vectors: Floats) -> Floats:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9), np.float32)


def _row(form: str, size: int, genuine: Floats, impostor: Floats) -> FormRow:
    descending, ascending = np.sort(impostor)[::-1], np.sort(genuine)
    rates = []
    for target in TARGETS:
        allowed = int(target * len(descending))
        rates.append(float(np.searchsorted(ascending, descending[allowed], "right") / len(ascending)))
    thresholds = descending[:: max(len(descending) // 20_000, 1)]
    false_matches = np.searchsorted(-descending, -thresholds, "right") / len(descending)
    false_non_matches = np.searchsorted(ascending, thresholds) / len(ascending)
    nearest = int(np.argmin(np.abs(false_matches - false_non_matches)))
    eer = float(false_matches[nearest] + false_non_matches[nearest]) / 2
    return FormRow(form, size, eer, (rates[0], rates[1]), len(genuine), len(impostor))
