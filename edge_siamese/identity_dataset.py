"""Datasets: photos sorted by person, in a folder or a zip.

``<person>/<photo>`` at the root or under ``images/``; an LFW ``pairs.txt`` inside or beside is used when there.
"""

import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from .errors import DataError, ImageError
from .frames import RGB
from .image_io import IMAGE_SUFFIXES, read_image


@dataclass(frozen=True)
class Photo:
    """One photo of a dataset: whose it is and its path ``person/file`` inside."""

    person: str
    path: str


class IdentityDataset:
    """A folder or zip of people, read lazily, always in the same order.

    Raises:
        DataError: the path is neither, or holds no ``<person>/<photo>``.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._archive = _open_archive(path)
        self._members = dict(sorted(self._find_members()))
        if not self._members:
            raise DataError(f"{path}: expected images as <person>/<photo>, found none")

    @property
    def photos(self) -> list[Photo]:
        return [Photo(path.split("/")[0], path) for path in self._members]

    @property
    def people(self) -> list[str]:
        return sorted({photo.person for photo in self.photos})

    def read(self, photo: Photo) -> RGB:
        """Decode one photo.

        Raises:
            ImageError: it cannot be read.
        """
        member = self._members[photo.path]
        if not self._archive:
            return read_image(self.path / member)
        try:
            encoded = self._archive.read(member)
        except (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError) as error:
            raise ImageError(f"{self.path}: {member} is damaged or encrypted ({error})") from error
        return read_image(encoded)

    def pairs_file(self) -> str | None:
        """Text of ``pairs.txt`` inside the dataset or beside it, None where there is none."""
        if self._archive:
            for name in self._archive.namelist():
                if PurePosixPath(name).name == "pairs.txt":
                    return self._archive.read(name).decode("utf-8")
        for folder in (self.path, self.path.parent):
            if (folder / "pairs.txt").is_file():
                return (folder / "pairs.txt").read_text("utf-8")
        return None

    def _find_members(self) -> Iterator[tuple[str, str]]:
        names = self._archive.namelist() if self._archive else _files_below(self.path)
        for name in names:
            parts = PurePosixPath(name).parts
            if any(part.startswith((".", "__MACOSX")) for part in parts):
                continue
            if PurePosixPath(name).suffix.lower() in IMAGE_SUFFIXES and len(parts) >= 2:
                yield path_in_dataset(name), name


def path_in_dataset(name: str) -> str:
    """An image's path as ``person/file``: without a leading ``images/``."""
    parts = PurePosixPath(name).parts
    return "/".join(parts[1:] if parts[:1] == ("images",) and len(parts) >= 3 else parts)


def _open_archive(path: Path) -> zipfile.ZipFile | None:
    if path.is_dir():
        return None
    if not path.exists():
        raise DataError(f"{path}: expected a folder or zip of <person>/<photo>, found nothing there")
    try:
        return zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError) as error:
        raise DataError(f"{path}: expected a folder or zip of <person>/<photo> ({error})") from error


def _files_below(folder: Path) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
