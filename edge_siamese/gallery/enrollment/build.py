"""Builds a gallery of all people in a dataset."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ...dataset_embeddings import DatasetEmbeddings
from ...errors import DataError, EnrollmentError, GalleryError, ImageError, NoFaceError
from ...identity_dataset import IdentityDataset, Photo
from ...names import appearance, clean_name
from ...protocols import FaceAnalyzer
from ..gallery import Gallery
from ..risk import Lamb, find_lambs
from ..templates.agreement import Agreement
from ..templates.budget import sizes_of
from ..templates.representatives import Candidates
from ..templates.selection import DEFAULT_SELECTION, Choice, SelectionOptions, select, with_selected
from .face_choice import ChosenFaces, PhotoFaces, Skipped, choose_faces
from .look_alikes import LookAlikes, find_look_alikes, look_alike_threshold
from .person import STRICT, Permissions, agreement_threshold, require_one_person

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class BuildReport:
    """Result of building a gallery.

    Attributes:
        photos: number of photos.
        used: number of photos used.
        skipped: files that were not used, with the reason: first those the dataset skips, then photos in its order.
        people_skipped: reason for each person that was left out, by name.
        several: number of faces on each used photo that shows more than one, by photo.
        look_alikes: pairs of people that the gallery may confuse.
        lambs: people whom many others resemble; see `risk`.
    """

    photos: int
    used: int
    skipped: list[Skipped]
    people_skipped: dict[str, str] = field(default_factory=dict)
    several: dict[str, int] = field(default_factory=dict)
    look_alikes: list[LookAlikes] = field(default_factory=list)
    lambs: list[Lamb] = field(default_factory=list)


def build_gallery(
    dataset: IdentityDataset,
    engine: FaceAnalyzer,
    *,
    options: SelectionOptions = DEFAULT_SELECTION,
    permissions: Permissions = STRICT,
    skip_people: bool = False,
    largest_only: bool = False,
    metadata: dict[str, Any] | None = None,
    progress: Progress | None = None,
    comparing: Progress | None = None,
) -> tuple[Gallery, BuildReport]:
    """Enroll all people in a dataset.

    Names and the budget are checked before any photo is read.

    Args:
        dataset: the people.
        engine: finds and embeds.
        options: how each person's templates are chosen.
        permissions: exceptions to the checks; look-alikes are always reported and never rejected.
        skip_people: leave out people without a usable photo, or whose photos disagree, instead of raising an error.
        largest_only: use the largest face of every photo; see `face_choice`.
        metadata: see `metadata.describe`.
        progress: called with the number of photos done and the total.
        comparing: called by the search for look-alikes with the number of templates compared and the total.

    Raises:
        GalleryError: a name is invalid, or two names look the same.
        NoFaceError: a person has no usable photo, or nobody has one.
        EnrollmentError: the photos of a person show different people.
        DataError: the budget of `options` is too small.
    """
    card, names = engine.embedder_card, names_of(dataset)
    empty = Gallery.empty(card, metadata)
    if not skip_people:
        _require_budget(empty, names.values(), options)
    people = faces_of_people(dataset, engine, largest_only=largest_only, progress=progress)
    left_out = {name: _first_reason(faces) for name, faces in people.items() if not faces.photos}
    if left_out and not skip_people:
        reason = next(iter(left_out.values()))
        raise NoFaceError(
            f"{dataset.path}: no photo of {', '.join(left_out)} can be used ({reason}); --skip leaves such people out",
            path=dataset.path,
        )
    used = {name: faces for name, faces in people.items() if faces.photos}
    choices = select(empty, {name: faces.templates for name, faces in used.items()}, options)
    if not permissions.different_faces:
        mixed = _mixed(used, choices, empty.zero_point, agreement_threshold(card))
        if mixed and not skip_people:
            raise EnrollmentError(f"{dataset.path}: {_summary(mixed)}", path=dataset.path)
        left_out |= mixed
    used = {name: faces for name, faces in used.items() if name not in left_out}
    if not used:
        raise NoFaceError(f"{dataset.path}: nobody has a photo that can be used", path=dataset.path)
    templates = {name: faces.templates for name, faces in used.items()}
    if len(templates) < len(choices):
        choices = select(empty, templates, options)
    gallery = with_selected(empty, templates, choices)
    report, threshold = (
        _report(dataset, people, used, choices, left_out, card.zero_point),
        look_alike_threshold(gallery, card),
    )
    pairs = [] if threshold is None else find_look_alikes(gallery, threshold, comparing)
    return gallery, replace(report, look_alikes=pairs, lambs=find_lambs(gallery))


def names_of(dataset: IdentityDataset) -> dict[str, str]:
    """Map the dataset's names of people to the names in a gallery.

    Raises:
        GalleryError: a name is invalid, or two different names look the same.
    """
    names: dict[str, str] = {}
    appearances: dict[str, str] = {}
    for person in dataset.people:
        try:
            name = clean_name(person)
        except GalleryError as error:
            raise GalleryError(f"{dataset.path}: {error}", path=dataset.path) from error
        similar = appearances.setdefault(appearance(name), name)
        if similar != name:
            raise GalleryError(
                f"{dataset.path}: the names '{similar}' and '{name}' look the same; rename one of them",
                path=dataset.path,
            )
        names[person] = name
    return names


def faces_of_people(
    dataset: IdentityDataset, engine: FaceAnalyzer, *, largest_only: bool = False, progress: Progress | None = None
) -> dict[str, ChosenFaces]:
    """Choose the person's face on every photo of a dataset; see `face_choice`.

    Args:
        dataset: the people.
        engine: finds and embeds.
        largest_only: use the largest face of every photo.
        progress: called with the number of photos done and the total.

    Returns:
        The photos of each person, by the name in a gallery, sorted; including people without a usable photo.

    Raises:
        GalleryError: see `names_of`.
    """
    names, card, photos = names_of(dataset), engine.embedder_card, dataset.photos
    by_name: dict[str, list[PhotoFaces]] = {name: [] for name in sorted(names.values())}
    for number, photo in enumerate(photos, start=1):
        by_name[names[photo.person]].append(_read(dataset, photo, engine, largest_only))
        if progress:
            progress(number, len(photos))
    threshold = agreement_threshold(card)
    return {name: choose_faces(of_one, card.zero_point, threshold) for name, of_one in by_name.items()}


def skipped_of(embedded: DatasetEmbeddings) -> list[Skipped]:
    """The photos of an embedded dataset that cannot be used."""
    return [
        Skipped(photo.path, _reason(embedded.unreadable.get(photo.path, "shows no face"), photo.path))
        for photo, found in zip(embedded.photos, embedded.found, strict=True)
        if not found
    ]


def _require_budget(empty: Gallery, names: Iterable[str], options: SelectionOptions) -> None:
    if options.budget is None:
        return
    one_each = empty.with_people({name: np.ones((1, empty.dimension), np.int8) for name in names}, limit=None)
    needed = sizes_of(one_each)(len(one_each.names))
    if needed > options.budget:
        raise DataError(
            f"a gallery of {len(one_each.names):,} people with one template each: expected a budget of at least "
            f"{needed:,} bytes, found {options.budget:,}"
        )


def _read(dataset: IdentityDataset, photo: Photo, engine: FaceAnalyzer, largest_only: bool) -> PhotoFaces:
    try:
        return PhotoFaces.of(dataset.read(photo), photo.path, engine, largest_only=largest_only)
    except ImageError as error:
        return PhotoFaces.unusable(photo.path, _reason(error, photo.path))


def _mixed(
    people: dict[str, ChosenFaces], choices: dict[str, Choice], zero_point: int, threshold: int | None
) -> dict[str, str]:
    """For each person whose photos, without outliers, show different people: the reason, by name."""
    mixed: dict[str, str] = {}
    if threshold is None:
        return mixed
    for name, faces in people.items():
        kept = [row for row in range(len(faces.photos)) if row not in choices[name].rejected]
        try:
            require_one_person(name, [faces.photos[row] for row in kept], faces.templates[kept], zero_point, threshold)
        except EnrollmentError as error:
            mixed[name] = str(error)
    return mixed


def _summary(mixed: dict[str, str]) -> str:
    first, *others = mixed.items()
    return first[1] + (f"; so do the photos of {', '.join(name for name, _ in others)}" if others else "")


def _report(
    dataset: IdentityDataset,
    people: dict[str, ChosenFaces],
    used: dict[str, ChosenFaces],
    choices: dict[str, Choice],
    left_out: dict[str, str],
    zero_point: int,
) -> BuildReport:
    order = {photo.path: number for number, photo in enumerate(dataset.photos)}
    files = [Skipped(file.path, file.reason) for file in dataset.skipped]
    skipped = [skip for faces in people.values() for skip in faces.skipped]
    skipped += [Skipped(photo, "of a person left out") for name in left_out for photo in people[name].photos]
    skipped += [outlier for name, faces in used.items() for outlier in _outliers(faces, choices[name], zero_point)]
    return BuildReport(
        photos=len(order),
        skipped=files + sorted(skipped, key=lambda skip: order[skip.photo]),
        used=len(order) - len(skipped),
        people_skipped=left_out,
        several={photo: count for faces in used.values() for photo, count in faces.several.items()},
    )


def _outliers(faces: ChosenFaces, choice: Choice, zero_point: int) -> list[Skipped]:
    if not choice.rejected:
        return []
    agreement = Agreement.of(Candidates.of(faces.templates, zero_point))
    return [Skipped(faces.photos[row], agreement.reason(row)) for row in choice.rejected]


def _first_reason(faces: ChosenFaces) -> str:
    return f"{faces.skipped[0].photo}: {faces.skipped[0].reason}"


def _reason(message: object, path: object) -> str:
    """A message without the path at its start."""
    return str(message).split(f"{path}: ")[-1]
