"""From photos to a gallery, one face of each.

Engines handed in here run the ``reference`` delegate where the bytes matter: it computes the same everywhere, so the same
photos give the same gallery.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ...dataset_embeddings import DatasetEmbeddings, embed_dataset
from ...errors import ImageError, NoFaceError
from ...faces import largest
from ...frames import RGB
from ...identity_dataset import IdentityDataset
from ...image_io import read_image
from ...protocols import FaceAnalyzer
from ..gallery import Gallery
from ..names import clean_name
from ..templates.outliers import Agreement
from ..templates.representatives import Candidates
from ..templates.selection import DEFAULT_SELECTION, Choice, SelectionOptions, select, with_selected


@dataclass(frozen=True)
class Skipped:
    """A photo that was not used, and why."""

    photo: str
    reason: str


@dataclass(frozen=True)
class BuildReport:
    """What became of the photos.

    Attributes:
        photos: how many there were.
        skipped: those not used: unreadable, without a face, or an outlier.
        people_skipped: people left out because none of theirs could be used.
    """

    photos: int
    skipped: list[Skipped]
    people_skipped: list[str]


def build_gallery(
    dataset: IdentityDataset,
    engine: FaceAnalyzer,
    *,
    options: SelectionOptions = DEFAULT_SELECTION,
    skip_people: bool = False,
    metadata: dict[str, Any] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[Gallery, BuildReport]:
    """Enroll everybody in a dataset with the largest face of each photo.

    Args:
        dataset: the people.
        engine: finds and embeds.
        options: how each person's templates are chosen.
        skip_people: leave out people without a usable photo instead of refusing.
        metadata: see `metadata.describe`.
        progress: called with the number done and the number of all.

    Raises:
        NoFaceError: a person has no usable photo, or nobody has.
        DataError: the budget of `options` is too small.
    """
    embedded = embed_dataset(dataset, engine, progress=progress)
    report = BuildReport(len(embedded.photos), skipped_of(embedded), _without_a_face(embedded))
    if report.people_skipped and not skip_people:
        raise NoFaceError(
            f"{dataset.path}: no photo of {', '.join(report.people_skipped)} can be used "
            f"({report.skipped[0].photo}: {report.skipped[0].reason}); --skip leaves such people out"
        )
    indices = indices_by_name(embedded)
    if not indices:
        raise NoFaceError(f"{dataset.path}: nobody has a photo that can be used")
    templates = {name: embedded.embeddings[numbers] for name, numbers in indices.items()}
    empty = Gallery.empty(engine.embedder_card, metadata)
    choices = select(empty, templates, options)
    report.skipped.extend(_outliers(embedded, indices, choices))
    return with_selected(empty, templates, choices), report


def skipped_of(embedded: DatasetEmbeddings) -> list[Skipped]:
    """The photos of an embedded that cannot be used."""
    return [
        Skipped(photo.path, _reason(embedded.unreadable.get(photo.path, "shows no face"), photo.path))
        for photo, found in zip(embedded.photos, embedded.found, strict=True)
        if not found
    ]


def indices_by_name(embedded: DatasetEmbeddings) -> dict[str, list[int]]:
    """Photos with a face, by number in the embedded, of everybody by the name that a gallery gives them."""
    indices: dict[str, list[int]] = {}
    for row in np.flatnonzero(embedded.found).tolist():
        indices.setdefault(clean_name(embedded.photos[row].person), []).append(row)
    return indices


def embed_photos(paths: Iterable[Path], engine: FaceAnalyzer) -> tuple[npt.NDArray[np.int8], list[Skipped]]:
    """Embed the largest face of each photo.

    Returns:
        Templates int8 ``(n, D)`` of those that can be used, and the others.

    Raises:
        NoFaceError: none can be used.
    """
    templates, skipped = [], []
    for path in paths:
        try:
            templates.append(_embed_largest(read_image(path), engine, str(path)))
        except (ImageError, NoFaceError) as error:
            skipped.append(Skipped(str(path), _reason(error, path)))
    if not templates:
        reasons = "; ".join(f"{skip.photo}: {skip.reason}" for skip in skipped)
        raise NoFaceError(f"none of the photos can be used: {reasons}")
    return np.stack(templates), skipped


def _embed_largest(image: RGB, engine: FaceAnalyzer, name: str) -> npt.NDArray[np.int8]:
    face = largest(engine.detect(image))
    if face is None:
        raise NoFaceError(f"{name}: shows no face")
    return engine.embed(image, face).values


def _reason(message: object, path: object) -> str:
    """A message without the path it begins with."""
    return str(message).split(f"{path}: ")[-1]


def _without_a_face(embedded: DatasetEmbeddings) -> list[str]:
    people = {clean_name(photo.person) for photo in embedded.photos}
    return sorted(people - set(indices_by_name(embedded)))


def _outliers(embedded: DatasetEmbeddings, indices: dict[str, list[int]], choices: dict[str, Choice]) -> list[Skipped]:
    skipped = []
    for name, choice in choices.items():
        agreement = Agreement.of(Candidates.of(embedded.embeddings[indices[name]], embedded.zero_point))
        for row in choice.rejected:
            skipped.append(Skipped(embedded.photos[indices[name][row]].path, agreement.reason(row)))
    return skipped
