"""Where labelled pictures come from: folders and archives, Omniglot, thermal faces, and two sets that download themselves."""

import csv
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from importlib.resources import files
from pathlib import Path, PurePosixPath
from typing import Literal

import numpy as np
import numpy.typing as npt

from edge_siamese.errors import DataError, EdgeSiameseError, PictureError, RuntimeMissingError
from edge_siamese.frames import RGB
from edge_siamese.pictures import read_picture

from .archives import picture_files
from .labelled import LabelledPictures
from .preparation import Preparation

Kind = Literal["folders", "omniglot", "lfw", "olivetti", "thermal"]
KINDS: tuple[Kind, ...] = ("folders", "omniglot", "lfw", "olivetti", "thermal")
Progress = Callable[[int], None]
Sample = tuple[str, str, str | None, RGB | str]
"""Path, class, group, and the photograph or why there is none."""


def load_source(
    kind: Kind,
    data: Path | None,
    preparation: Preparation,
    *,
    merge_top: bool = False,
    progress: Progress | None = None,
) -> LabelledPictures:
    """Load pictures and prepare them.

    Args:
        kind: *folders* of ``<class>/<picture>``, at the root or under ``images/``; *omniglot*'s
            ``<set>/<alphabet>/<character>/<picture>``; *lfw* and *olivetti* in the same form as folders, or downloaded where
            `data` is None; *thermal*, flat pictures with a table ``file,identity``.
        data: folder, zip or tar.
        preparation: what is done to each photograph, and which are kept.
        merge_top: the top folders hold the same classes and are merged, as ``training/`` and ``testing/`` are.
        progress: called with the number of photographs read so far.

    Raises:
        DataError: nothing is there, or of another form, or no picture is left.
        RuntimeMissingError: scikit-learn, which downloads, is not installed.
        EdgeSiameseError: the download failed.
    """
    if data is None:
        if kind not in {"lfw", "olivetti"}:
            raise DataError(f"--data is needed: {kind} cannot be downloaded")
        samples = _downloaded(kind)
    else:
        samples = _SAMPLES[kind](data, merge_top)
    pictures: list[npt.NDArray[np.uint8]] = []
    names, paths, groups, skipped = [], [], [], {}
    with ExitStack() as stack:
        prepare = preparation.open(stack)
        for number, (path, name, group, photograph) in enumerate(samples, start=1):
            picture = photograph if isinstance(photograph, str) else prepare(photograph)
            if isinstance(picture, str):
                skipped[path] = picture
            else:
                pictures.append(picture)
                names.append(name)
                paths.append(path)
                groups.append(group)
            if progress:
                progress(number)
    if not pictures:
        raise DataError(
            f"{data or kind}: none of {len(skipped)} pictures can be used; {next(iter(skipped.values()), '')}"
        )
    whole = None if None in groups else [group for group in groups if group is not None]
    return preparation.select(LabelledPictures(np.stack(pictures), names, paths, whole, skipped))


def drawers(pictures: LabelledPictures) -> list[str]:
    """Who drew each Omniglot picture: the number behind the underscore of ``0709_17.png``."""
    return [PurePosixPath(path).stem.rpartition("_")[2] for path in pictures.paths]


def _read(encoded: bytes | str) -> RGB | str:
    if isinstance(encoded, str):
        return encoded
    try:
        return read_picture(encoded)
    except PictureError as error:
        return str(error)


def _folders(data: Path, merge_top: bool) -> Iterator[Sample]:
    known = False
    for path, encoded in picture_files(data):
        parts = PurePosixPath(path).parts
        if parts[0] == "images" and len(parts) >= 3:
            parts = parts[1:]
        if merge_top and len(parts) >= 3:
            parts = parts[1:]
        if len(parts) >= 2:
            known = True
            yield path, parts[0], None, _read(encoded)
    if not known:
        raise DataError(f"{data}: expected pictures as <class>/<picture>, found none")


def _omniglot(data: Path, _: bool) -> Iterator[Sample]:
    known = False
    for path, encoded in picture_files(data):
        parts = PurePosixPath(path).parts
        if len(parts) >= 4 and parts[-4].startswith("images_"):
            known = True
            group = "/".join(parts[-4:-2])
            yield path, f"{parts[-3]}/{parts[-2]}", group, _read(encoded)
    if not known:
        raise DataError(f"{data}: expected Omniglot as images_.../<alphabet>/<character>/<picture>, found nothing so")


def _thermal(data: Path, _: bool) -> Iterator[Sample]:
    table = _identities(data)
    known = False
    for path, encoded in picture_files(data):
        name = table.get(PurePosixPath(path).name)
        known = known or name is not None
        yield path, name or "", None, _read(encoded) if name else "not in the table of identities"
    if not known:
        raise DataError(f"{data}: none of its pictures is in the table of identities (file,identity)")


def _identities(data: Path) -> dict[str, str]:
    """The table ``identities.csv`` in the folder, else the one that ships."""
    own = data / "identities.csv"
    text = own.read_text() if own.is_file() else (files(__package__) / "thermal_identities.csv").read_text()
    try:
        return {row["file"]: row["identity"] for row in csv.DictReader(text.splitlines())}
    except KeyError as error:
        raise DataError(f"{own}: expected the columns file,identity; {error} is missing") from error


def _downloaded(kind: str) -> Iterator[Sample]:
    try:
        from sklearn.datasets import fetch_lfw_people, fetch_olivetti_faces
    except ImportError as error:
        raise RuntimeMissingError(
            f"downloading {kind} needs scikit-learn, which is not installed: pip install 'edge-siamese[converter]'"
        ) from error
    try:
        if kind == "lfw":
            found = fetch_lfw_people(color=True, resize=1.0, slice_=None, funneled=False)
            names = [str(found.target_names[number]) for number in found.target]
        else:
            found = fetch_olivetti_faces()
            names = [f"s{number + 1:02}" for number in found.target]
    except OSError as error:
        raise EdgeSiameseError(
            f"{kind} cannot be downloaded ({error}); give its folder or archive with --data"
        ) from error
    for number, (image, name) in enumerate(zip(found.images, names, strict=True)):
        picture = np.clip(np.rint(image * (255 if image.max() <= 1 else 1)), 0, 255).astype(np.uint8)
        yield f"{name}/{number:05}", name, None, picture if picture.ndim == 3 else np.repeat(picture[..., None], 3, 2)


_SAMPLES: dict[str, Callable[[Path, bool], Iterator[Sample]]] = {
    "folders": _folders,
    "lfw": _folders,
    "olivetti": _folders,
    "omniglot": _omniglot,
    "thermal": _thermal,
}
