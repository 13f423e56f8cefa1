"""Where labeled images come from: folders and archives, Omniglot, thermal faces, and two sets that download themselves."""

import csv
import io
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack
from importlib.resources import files
from pathlib import Path, PurePosixPath
from typing import Literal

import numpy as np
import numpy.typing as npt

from edge_siamese.dataset_layout import dataset_layout, person_of
from edge_siamese.errors import DataError, ImageError
from edge_siamese.frames import RGB
from edge_siamese.identity_dataset import PAIRS_FILE, text_beside
from edge_siamese.image_archive import ImageArchive

from .downloads import lfw_folder, olivetti_faces
from .labeled import LabeledImages
from .preparation import Preparation

Kind = Literal["folders", "omniglot", "lfw", "olivetti", "thermal"]
KINDS: tuple[Kind, ...] = ("folders", "omniglot", "lfw", "olivetti", "thermal")
IDENTITIES = "identities.csv"
Progress = Callable[[int], None]
Sample = tuple[str, str, str | None, RGB | str]
"""Path, class, group, and the photo or why there is none."""
_IN_NO_CLASS: tuple[str, str | None, RGB | str] = "", None, "is in no folder that names its class"
_MERGE_TOP = "; where the top folders hold the same classes, --merge-top merges them"


def load_source(
    kind: Kind,
    data: Path | None,
    preparation: Preparation,
    *,
    merge_top: bool = False,
    only: Collection[str] | None = None,
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
        only: paths of the images to prepare; None takes all.
        progress: called with the number of photos read so far.

    Raises:
        DataError: nothing is there, or of another form, or no image is left.
        RuntimeMissingError: scikit-learn, which downloads, is not installed.
        EdgeSiameseError: the download failed.
    """
    images: list[npt.NDArray[np.uint8]] = []
    names, paths, groups, skipped = [], [], [], dict[str, str]()
    with ExitStack() as stack:
        samples = _samples(kind, data, merge_top, skipped, stack)
        prepare = preparation.open(stack)
        for number, (path, name, group, photo) in enumerate(samples, start=1):
            if only is not None and path not in only:
                continue
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
        path, reason = next(iter(skipped.items()), ("", "no image was asked for"))
        raise DataError(f"{data or kind}: none of its {len(skipped)} images can be used; {path} {reason}")
    above = [group for group in groups if group is not None] or None
    return preparation.select(LabeledImages(np.stack(images), names, paths, above, skipped))


def pairs_text(kind: Kind, data: Path | None) -> str:
    """The ``pairs.txt`` of a folder, zip or tar, inside or beside it, or of a download.

    Raises:
        DataError: there is none.
    """
    where = data or (lfw_folder() if kind == "lfw" else None)
    text = None
    if where:
        with ImageArchive(where) as archive:
            text = text_beside(archive, PAIRS_FILE)
    if text is None:
        raise DataError(f"{data or kind}: expected {PAIRS_FILE} inside it or beside it, found none")
    return text


def drawers(images: LabeledImages) -> list[str]:
    """Who drew each Omniglot image: the number behind the underscore of ``0709_17.png``."""
    return [PurePosixPath(path).stem.rpartition("_")[2] for path in images.paths]


def _samples(
    kind: Kind, data: Path | None, merge_top: bool, skipped: dict[str, str], stack: ExitStack
) -> Iterator[Sample]:
    """The samples of a source; what is no image at all goes to `skipped` at once."""
    if data is None and kind == "olivetti":
        return ((path, name, None, image) for path, name, image in olivetti_faces())
    if data is None and kind == "lfw":
        data = lfw_folder()
    if data is None:
        raise DataError(f"data of kind {kind} has to be given: it cannot be downloaded")
    archive = stack.enter_context(ImageArchive(data))
    if not archive.images:
        raise DataError(f"{data}: expected images, found none")
    skipped |= {file.path: file.reason for file in archive.skipped}
    return _SAMPLES[kind](archive, merge_top)


def _read(archive: ImageArchive, name: str) -> RGB | str:
    try:
        return archive.image(name)
    except ImageError as error:
        return str(error).removeprefix(f"{archive.place(name)}: ")


def _folders(archive: ImageArchive, merge_top: bool) -> Iterator[Sample]:
    if merge_top:
        merged = (PurePosixPath(name).parts for name in archive.images)
        people = {"/".join(parts): parts[-2 if len(parts) == 2 else 1] for parts in merged if len(parts) >= 2}
    else:
        layout = dataset_layout(archive.images, name=str(archive.path), way_out=_MERGE_TOP)
        people = {name: person_of(path) for path, name in layout.photos.items()}
    for name in archive.images:
        yield name, *((people[name], None, _read(archive, name)) if name in people else _IN_NO_CLASS)


def _lfw(archive: ImageArchive, _: bool) -> Iterator[Sample]:
    """``<person>/<photo>`` below whatever folders an archive has above."""
    for name in archive.images:
        parts = PurePosixPath(name).parts
        yield name, *((parts[-2], None, _read(archive, name)) if len(parts) >= 2 else _IN_NO_CLASS)


def _omniglot(archive: ImageArchive, _: bool) -> Iterator[Sample]:
    for name in archive.images:
        parts = PurePosixPath(name).parts
        if len(parts) >= 4:
            yield name, f"{parts[-3]}/{parts[-2]}", f"{parts[-4]}/{parts[-3]}", _read(archive, name)
        else:
            yield name, *_IN_NO_CLASS


def _thermal(archive: ImageArchive, _: bool) -> Iterator[Sample]:
    table = _identities(archive)
    for name in archive.images:
        person = table.get(PurePosixPath(name).name)
        yield name, person or "", None, _read(archive, name) if person else "is not in the table of identities"


def _identities(archive: ImageArchive) -> dict[str, str]:
    """The table ``identities.csv`` in or beside the data, else the one that ships."""
    text = text_beside(archive, IDENTITIES) or (files(__package__) / "thermal_identities.csv").read_text("utf-8")
    try:
        return {row["file"]: row["identity"] for row in csv.DictReader(io.StringIO(text))}
    except (KeyError, csv.Error) as error:
        raise DataError(
            f"{archive.path}: {IDENTITIES} has to be a table with the columns file,identity ({error})"
        ) from error


_SAMPLES: dict[str, Callable[[ImageArchive, bool], Iterator[Sample]]] = {
    "folders": _folders,
    "lfw": _lfw,
    "olivetti": _folders,
    "omniglot": _omniglot,
    "thermal": _thermal,
}
