"""Where labeled images come from: folders and archives, Omniglot, thermal faces, and two sets that download themselves."""

import csv
import io
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from importlib.resources import files
from pathlib import Path, PurePosixPath
from typing import Literal

import numpy as np
import numpy.typing as npt

from edge_siamese.errors import DataError, ImageError
from edge_siamese.frames import RGB
from edge_siamese.identity_dataset import path_in_dataset
from edge_siamese.image_io import read_image

from .archives import image_files, text_file
from .downloads import lfw_folder, olivetti_faces
from .labeled import LabeledImages
from .preparation import Preparation

Kind = Literal["folders", "omniglot", "lfw", "olivetti", "thermal"]
KINDS: tuple[Kind, ...] = ("folders", "omniglot", "lfw", "olivetti", "thermal")
IDENTITIES, PAIRS = "identities.csv", "pairs.txt"
Progress = Callable[[int], None]
Sample = tuple[str, str, str | None, RGB | str]
"""Path, class, group, and the photo or why there is none."""
_IN_NO_CLASS: tuple[str, str | None, RGB | str] = "", None, "is in no folder that names its class"


def load_source(
    kind: Kind,
    data: Path | None,
    preparation: Preparation,
    *,
    merge_top: bool = False,
    progress: Progress | None = None,
) -> LabeledImages:
    """Load images and prepare them.

    Args:
        kind: *folders* of ``<class>/<image>``, at the root or under ``images/``; *omniglot*'s
            ``<set>/<alphabet>/<character>/<image>``; *lfw* and *olivetti* in the same form as folders, or downloaded where
            `data` is None; *thermal*, flat images with a table ``file,identity``.
        data: folder, zip or tar.
        preparation: what is done to each photo, and which are kept.
        merge_top: the top folders hold the same classes and are merged, as ``training/`` and ``testing/`` are.
        progress: called with the number of photos read so far.

    Raises:
        DataError: nothing is there, or of another form, or no image is left.
        RuntimeMissingError: scikit-learn, which downloads, is not installed.
        EdgeSiameseError: the download failed.
    """
    samples = _SAMPLES[kind](data, merge_top) if data else _downloaded(kind)
    images: list[npt.NDArray[np.uint8]] = []
    names, paths, groups, skipped = [], [], [], {}
    with ExitStack() as stack:
        prepare = preparation.open(stack)
        for number, (path, name, group, photo) in enumerate(samples, start=1):
            image = photo if isinstance(photo, str) else prepare(photo)
            if isinstance(image, str):
                skipped[path] = image
            else:
                images.append(image)
                names.append(name)
                paths.append(path)
                groups.append(group)
            if progress:
                progress(number)
    if not images:
        path, reason = next(iter(skipped.items()))
        raise DataError(f"{data or kind}: none of its {len(skipped)} images can be used; {path} {reason}")
    above = [group for group in groups if group is not None] or None
    return preparation.select(LabeledImages(np.stack(images), names, paths, above, skipped))


def pairs_text(kind: Kind, data: Path | None) -> str:
    """The ``pairs.txt`` of a folder or zip, inside or beside it, or of a download.

    Raises:
        DataError: there is none.
    """
    where = data or (lfw_folder() if kind == "lfw" else None)
    text = text_file(where, PAIRS) if where else None
    if text is None:
        raise DataError(f"{data or kind}: expected {PAIRS} inside it or beside it, found none")
    return text


def drawers(images: LabeledImages) -> list[str]:
    """Who drew each Omniglot image: the number behind the underscore of ``0709_17.png``."""
    return [PurePosixPath(path).stem.rpartition("_")[2] for path in images.paths]


def _read(encoded: bytes | str) -> RGB | str:
    if isinstance(encoded, str):
        return encoded
    try:
        return read_image(encoded)
    except ImageError as error:
        return str(error).removeprefix("the image: ")


def _folders(data: Path, merge_top: bool) -> Iterator[Sample]:
    for path, encoded in image_files(data):
        parts = PurePosixPath(path_in_dataset(path)).parts
        if merge_top and len(parts) >= 3:
            parts = parts[1:]
        yield path, *((parts[0], None, _read(encoded)) if len(parts) >= 2 else _IN_NO_CLASS)


def _lfw(data: Path, _: bool) -> Iterator[Sample]:
    """``<person>/<photo>`` below whatever folders an archive has above."""
    for path, encoded in image_files(data):
        parts = PurePosixPath(path).parts
        yield path, *((parts[-2], None, _read(encoded)) if len(parts) >= 2 else _IN_NO_CLASS)


def _omniglot(data: Path, _: bool) -> Iterator[Sample]:
    for path, encoded in image_files(data):
        parts = PurePosixPath(path).parts
        if len(parts) >= 4:
            yield path, f"{parts[-3]}/{parts[-2]}", f"{parts[-4]}/{parts[-3]}", _read(encoded)
        else:
            yield path, *_IN_NO_CLASS


def _thermal(data: Path, _: bool) -> Iterator[Sample]:
    table = _identities(data)
    for path, encoded in image_files(data):
        name = table.get(PurePosixPath(path).name)
        yield path, name or "", None, _read(encoded) if name else "is not in the table of identities"


def _identities(data: Path) -> dict[str, str]:
    """The table ``identities.csv`` in or beside the data, else the one that ships."""
    text = text_file(data, IDENTITIES) or (files(__package__) / "thermal_identities.csv").read_text("utf-8")
    try:
        return {row["file"]: row["identity"] for row in csv.DictReader(io.StringIO(text))}
    except (KeyError, csv.Error) as error:
        raise DataError(f"{data}: {IDENTITIES} has to be a table with the columns file,identity ({error})") from error


def _downloaded(kind: Kind) -> Iterator[Sample]:
    if kind == "lfw":
        return _lfw(lfw_folder(), False)
    if kind == "olivetti":
        return ((path, name, None, image) for path, name, image in olivetti_faces())
    raise DataError(f"data of kind {kind} has to be given: it cannot be downloaded")


_SAMPLES: dict[str, Callable[[Path, bool], Iterator[Sample]]] = {
    "folders": _folders,
    "lfw": _lfw,
    "olivetti": _folders,
    "omniglot": _omniglot,
    "thermal": _thermal,
}
