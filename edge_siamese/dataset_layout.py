"""Dataset layout: finds ``<person>/<photo>`` at the root, under ``images/``, or below a single folder."""

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from .errors import DataError
from .image_archive import SkippedFile
from .names import hidden_character

_IMAGES = "images"
_NAMED = 4


@dataclass(frozen=True)
class DatasetLayout:
    """How the files of a dataset are sorted by person.

    Attributes:
        photos: maps the path in the dataset, ``<person>/<photo>``, to the file's name in the archive.
        skipped: photos outside a person's folder, and person folders without photos.
        notes: notes for the user about how the folders were read, one sentence each.
    """

    photos: dict[str, str]
    skipped: list[SkippedFile] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def person_of(path: str) -> str:
    """The person's name in a dataset path ``<person>/<photo>``."""
    return path.split("/", 1)[0]


def dataset_layout(
    images: Iterable[str], folders: Iterable[str] = (), *, name: str, way_out: str = ""
) -> DatasetLayout:
    """Sort image files by person.

    A leading ``images/`` is dropped. A single top folder that contains all others, as archiving a folder produces, is
    entered and reported in a note. All photos of a person must be in one folder.

    Args:
        images: names of image files, relative, with forward slashes, in order.
        folders: names of all folders, to find empty ones.
        name: name of the dataset in messages.
        way_out: another remedy for an ambiguous layout, appended to the message.

    Raises:
        DataError: no file matches ``<person>/<photo>``, or one person's photos are in several folders.
    """
    images = list(images)
    top = _top(images)
    paths = {image: _below(image, top) for image in images}
    _require_one_place_each(paths, name)
    photos = {path: image for image, path in paths.items() if "/" in path}
    strays = [image for image, path in paths.items() if "/" not in path]
    if not photos:
        more = f" and {len(strays) - 1:,} more in no person's folder" if len(strays) > 1 else ""
        found = f"{strays[0]!r}{more}" if strays else "none"
        raise DataError(f"{name}: expected photos as <person>/<photo>, found {found}", path=name)
    people = sorted({person_of(path) for path in photos})
    _require_visible(people, name)
    leaves = _require_one_folder_each(photos, top, name, way_out)
    skipped = [SkippedFile(image, "lies in no person's folder") for image in strays]
    skipped += [SkippedFile(f"{folder}/", "holds no photo") for folder in _empty(folders, top, photos)]
    notes = [f"{name}: the people are taken from the folder {top}"] if top not in {"", _IMAGES} else []
    deeper = sorted(leaf for leaf in leaves if "/" in leaf)
    if deeper:
        notes.append(
            f"{name}: photos that lie deeper count for the folder at the top: {_listed(deeper)} for "
            f"{_listed(list(dict.fromkeys(map(person_of, deeper))))}"
        )
    return DatasetLayout(photos, skipped, notes + _look_alikes(people, name))


def paths_in_dataset(images: Sequence[str], *, name: str) -> list[str]:
    """The path ``<person>/<photo>`` of each image file, as `dataset_layout` sorts them.

    Raises:
        DataError: a photo is outside a person's folder, or one person's photos are in several folders.
    """
    layout = dataset_layout(dict.fromkeys(images), name=name)
    paths = {image: path for path, image in layout.photos.items()}
    stray = next((image for image in images if image not in paths), None)
    if stray is not None:
        raise DataError(f"{name}: expected photos as <person>/<photo>, found {stray!r}", path=name)
    return [paths[image] for image in images]


def _top(images: Sequence[str]) -> str:
    """The folder that contains the person folders: ``""`` for the root, otherwise without a slash at the end."""
    top = ""
    while True:
        below = [_below(image, top) for image in images]
        nested = [path for path in below if "/" in path]
        tops = {person_of(path) for path in nested}
        deep = {person_of(path) for path in nested if path.count("/") >= 2}
        if _IMAGES in deep and not top:
            tops = {_IMAGES}
        elif len(tops) != 1 or not deep or any(path.count("/") == 1 for path in nested):
            return top
        top = f"{top}/{tops.pop()}".lstrip("/")


def _below(image: str, top: str) -> str:
    return image.removeprefix(f"{top}/") if top else image


def _require_one_place_each(paths: dict[str, str], name: str) -> None:
    """Check that nobody has photos both below the folder that is entered and beside it.

    Args:
        paths: path in the dataset by image file.
        name: name of the dataset in messages.

    Raises:
        DataError: somebody has.
    """
    places: dict[str, str] = {}
    for image, path in paths.items():
        if "/" in path:
            person = person_of(path)
            place = f"{image.removesuffix(path)}{person}"
            if places.setdefault(person, place) != place:
                raise DataError(
                    f"{name}: '{person}' has photos in {places[person]} and in {place}: put all photos of a person into "
                    "one folder",
                    path=name,
                )


def _require_one_folder_each(photos: dict[str, str], top: str, name: str, way_out: str) -> set[str]:
    """The folders that contain photos, one for each person.

    Raises:
        DataError: two folders belong to one person.
    """
    leaves: dict[str, set[str]] = defaultdict(set)
    for path in photos:
        leaves[person_of(path)].add(path.rpartition("/")[0])
    for person, found in leaves.items():
        if len(found) > 1:
            raise DataError(
                f"{name}: '{person}' would be one person with photos in {len(found)} folders ({_listed(sorted(found))}): "
                f"give the folder that holds one folder for each person, such as {_path(name, top, person)}, or put all "
                f"photos of a person into one folder{way_out}",
                path=name,
            )
    return {leaf for found in leaves.values() for leaf in found}


def _empty(folders: Iterable[str], top: str, photos: dict[str, str]) -> list[str]:
    """Person folders without a photo."""
    people = {person_of(path) for path in photos}
    beside = {_below(folder, top) for folder in folders if not top or folder.startswith(f"{top}/")}
    return sorted(folder for folder in beside if "/" not in folder and folder not in people and folder != _IMAGES)


def _require_visible(people: Iterable[str], name: str) -> None:
    """Check that names have no hidden characters.

    Raises:
        DataError: a name has control or invisible characters.
    """
    for person in people:
        hidden = hidden_character(person)
        if hidden:
            raise DataError(f"{name}: the folder {person!a} has the {hidden} in its name: rename it", path=name)


def _look_alikes(people: Iterable[str], name: str) -> list[str]:
    """Notes about names that differ only in case, white space or width of characters."""
    alike: dict[str, list[str]] = defaultdict(list)
    for person in people:
        alike[" ".join(unicodedata.normalize("NFKC", person).casefold().split())].append(person)
    return [
        f"{name}: {_listed([repr(person) for person in found])} are taken as different people"
        for found in alike.values()
        if len(found) > 1
    ]


def _path(name: str, top: str, person: str) -> str:
    return "/".join(part for part in (name, top, person) if part)


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_NAMED])
    return f"{shown} and {len(names) - _NAMED} more" if len(names) > _NAMED else shown
