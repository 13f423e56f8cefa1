"""Identity datasets: photos sorted by person, in a folder, zip or tar.

Photos are ``<person>/<photo>`` at the root, under ``images/``, or below a single folder (`dataset_layout`). An LFW
``pairs.txt`` in the dataset or beside it is used if present.
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
    """One photo of a dataset: its person's name and its path ``<person>/<photo>``."""

    person: str
    path: str


class IdentityDataset:
    """A folder, zip or tar of people, read lazily in a fixed order. Use it as a context manager.

    Byte-identical photos of one person count once.

    Args:
        path: the folder or archive.

    Attributes:
        photos: every photo, in natural order; photos that cannot be decoded are included.
        duplicates: path of each photo that is not in `photos` because it equals an earlier one of its person, with that
            photo's path.
        skipped: files and folders that are not used, with the reason.
        notes: notes for the user about how the folders were read, one sentence each.

    Raises:
        DataError: not a folder or archive, no ``<person>/<photo>`` in it, or one person's photos are in several folders.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._archive = ImageArchive(path)
        try:
            layout = dataset_layout(self._archive.images, self._archive.folders, name=str(path))
            self._members = layout.photos
            self.duplicates = self._duplicates()
        except BaseException:
            self.close()
            raise
        self.photos = [Photo(person_of(path), path) for path in self._members if path not in self.duplicates]
        self.skipped = [
            *self._archive.skipped,
            *layout.skipped,
            *(SkippedFile(path, f"the same file as {first}, counted once") for path, first in self.duplicates.items()),
        ]
        self.notes = [*self._archive.notes, *layout.notes]

    @property
    def people(self) -> list[str]:
        """Names of the people, sorted."""
        return sorted({photo.person for photo in self.photos})

    def __contains__(self, path: str) -> bool:
        """Whether the dataset has a photo at that path, including photos identical to another."""
        return path in self._members

    def read(self, photo: Photo) -> RGB:
        """Decode one photo: uint8 ``(H, W, 3)`` RGB.

        Raises:
            ImageError: the photo cannot be read.
        """
        if photo.path not in self._members:
            raise ImageError(f"{self.path}: expected {photo.path} in it, found none", path=self.path)
        return self._archive.image(self._members[photo.path])

    def pairs_file(self) -> str | None:
        """Text of ``pairs.txt`` in the dataset or beside it, or None.

        Raises:
            DataError: the file cannot be read as text.
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
        """Maps the path of each photo that equals an earlier photo of the same person to that photo's path."""
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
                continue  # `read` raises the reason
            if first.setdefault(digest, path) != path:
                equal[path] = first[digest]
        return equal


def text_beside(archive: ImageArchive, file: str) -> str | None:
    """Text of a file in a dataset, at any depth, or beside the dataset; None without such a file.

    Raises:
        DataError: the file cannot be read as text.
    """
    name = archive.find(file)
    if name is not None:
        return decode_text(archive.read(name), archive.place(name))
    beside = archive.path.parent / file
    return read_text(beside) if beside.is_file() else None
