"""Datasets: photos sorted by person, in a folder, zip or tar.

``<person>/<photo>`` at the root, under ``images/``, or below a single folder (`dataset_layout`); an LFW ``pairs.txt`` inside or
beside is used when there.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from .dataset_layout import dataset_layout, person_of
from .errors import ImageError
from .frames import RGB
from .image_archive import ImageArchive, SkippedFile
from .text_file import decode_text, read_text

PAIRS_FILE = "pairs.txt"


@dataclass(frozen=True)
class Photo:
    """One photo of a dataset: whose it is and its path ``person/file`` inside."""

    person: str
    path: str


class IdentityDataset:
    """A folder, zip or tar of people, read lazily, always in the same order; use it as a context manager.

    A photo that is byte for byte another one of the same person is counted once.

    Args:
        path: the folder or archive.

    Attributes:
        photos: every photo, people in natural order; also those that will turn out to be unreadable.
        skipped: files and folders that are not used, and why.
        notes: what people should know about how the folders were read, one sentence each.

    Raises:
        DataError: the path is neither, holds no ``<person>/<photo>``, or one person's photos lie in several folders.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._archive = ImageArchive(path)
        try:
            layout = dataset_layout(self._archive.images, self._archive.folders, name=str(path))
            self._members = layout.photos
            duplicates = self._duplicates()
        except BaseException:
            self.close()
            raise
        self.photos = [Photo(person_of(path), path) for path in self._members if path not in duplicates]
        self.skipped = [
            *self._archive.skipped,
            *layout.skipped,
            *(SkippedFile(path, f"the same file as {first}, counted once") for path, first in duplicates.items()),
        ]
        self.notes = [*self._archive.notes, *layout.notes]

    @property
    def people(self) -> list[str]:
        """Names of the people, sorted."""
        return sorted({photo.person for photo in self.photos})

    def __contains__(self, path: str) -> bool:
        """Whether there is a photo at that path, counted or the same as another."""
        return path in self._members

    def read(self, photo: Photo) -> RGB:
        """Decode one photo: uint8 ``(H, W, 3)`` RGB.

        Raises:
            ImageError: it cannot be read.
        """
        if photo.path not in self._members:
            raise ImageError(f"{self.path}: expected {photo.path} in it, found none", path=self.path)
        return self._archive.image(self._members[photo.path])

    def pairs_file(self) -> str | None:
        """Text of ``pairs.txt`` inside the dataset or beside it, None where there is none.

        Raises:
            DataError: it cannot be read as text.
        """
        return text_beside(self._archive, PAIRS_FILE)

    def close(self) -> None:
        self._archive.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _duplicates(self) -> dict[str, str]:
        """Photos that are byte for byte an earlier one of the same person, which stands beside."""
        alike: dict[tuple[str, int, int | None], list[str]] = defaultdict(list)
        for path, member in self._members.items():
            alike[person_of(path), self._archive.size(member), self._archive.checksum(member)].append(path)
        duplicates: dict[str, str] = {}
        for (_, size, _), paths in alike.items():
            if len(paths) > 1 and size:
                duplicates |= self._equal(paths)
        return duplicates

    def _equal(self, paths: Iterable[str]) -> dict[str, str]:
        first: dict[bytes, str] = {}
        equal: dict[str, str] = {}
        for path in paths:
            try:
                digest = hashlib.sha256(self._archive.read(self._members[path])).digest()
            except ImageError:
                continue  # reading the photo says why
            if first.setdefault(digest, path) != path:
                equal[path] = first[digest]
        return equal


def text_beside(archive: ImageArchive, file: str) -> str | None:
    """A text file inside a dataset, at any depth, or else beside it; None where there is none.

    Raises:
        DataError: it cannot be read as text.
    """
    name = archive.find(file)
    if name is not None:
        return decode_text(archive.read(name), archive.place(name))
    beside = archive.path.parent / file
    return read_text(beside) if beside.is_file() else None
