"""Image archive: reads images in a folder, zip or tar, in natural order and with size limits.

A file counts as an image if its content or its file name extension is that of an image. Known formats that cannot be read
(HEIC without ``pillow-heif``, AVIF, camera raw...) count too, so that reading them raises an error with their name. Hidden
files, ``__MACOSX``, text files (``pairs.txt``, ``README``) and files of file managers (``Thumbs.db``) are ignored. All
other unused files are in `ImageArchive.skipped` with the reason. Every error names the member.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Self

from .archive_members import ArchiveFiles, FolderFiles, ZipFiles, is_zip
from .errors import DataError, ImageError
from .frames import RGB
from .image_formats import HEAD_BYTES, has_image_suffix, is_image, is_side_file, is_text, other_kind
from .image_io import read_image, require_size
from .tar_members import TarFiles, is_tar

_ARCHIVE_SUFFIXES = frozenset({".zip", ".tar", ".tgz", ".txz", ".tbz2", ".rar", ".7z"})
_LEFT_OUT = (".", "__MACOSX", "@eaDir")


@dataclass(frozen=True)
class SkippedFile:
    """A file or folder that is not used: its path in the archive and the reason."""

    path: str
    reason: str

    def to_json(self) -> dict[str, str]:
        return {"photo": self.path, "reason": self.reason}


class ImageArchive:
    """The images of a folder, zip or tar (also ``.tar.gz``, ``.tar.xz``, ``.tar.bz2``), read on demand.

    Names are relative, with forward slashes, in Unicode NFC. No named files are unpacked. Links to folders are
    followed in a folder, but not in an archive.

    Args:
        path: the folder or archive.

    Attributes:
        images: names of the images, in natural order.
        folders: names of the folders, including empty ones.
        skipped: files and folders that are not used, with the reason.
        notes: notes for the user about the names, one sentence each.

    Raises:
        DataError: not a folder, zip or tar, or it is damaged, encrypted, too large, or has a folder that cannot be listed.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._files = _opened(path)
        try:
            self._find()
        except BaseException:
            self.close()
            raise

    def read(self, name: str) -> bytes:
        """The bytes of a member, at most `image_io.MAX_BYTES`.

        Raises:
            ImageError: the member does not exist, or is too large, damaged or encrypted.
        """
        member = self._members.get(name)
        if member is None:
            raise ImageError(f"{self.path}: expected {name} in it, found none", path=self.path)
        place = self.place(name)
        require_size(self._files.size(member), place)
        try:
            return self._files.read(member)
        except OSError as error:
            raise ImageError(f"{place}: cannot be read ({error.strerror or error})", path=place) from error
        except self._files.errors as error:
            raise ImageError(f"{place}: is damaged or encrypted ({error})", path=place) from error

    def image(self, name: str) -> RGB:
        """Decode a member: uint8 ``(H, W, 3)`` RGB.

        Raises:
            ImageError: the member cannot be read.
        """
        return read_image(self.read(name), name=self.place(name))

    def place(self, name: str) -> str:
        """Name of a member in messages: its path in the file system, or ``archive.zip: member``."""
        return str(self.path / self._members.get(name, name)) if self.path.is_dir() else f"{self.path}: {name}"

    def size(self, name: str) -> int:
        """Size of a member in bytes."""
        return self._files.size(self._members[name])

    def checksum(self, name: str) -> int | None:
        """The stored checksum of a member, or None. Members with different checksums have different content."""
        return self._files.checksum(self._members[name])

    @cached_property
    def names(self) -> list[str]:
        """Names of all files that are not hidden, in natural order."""
        return sorted(self._members, key=natural_key)

    def find(self, file: str) -> str | None:
        """The member with that file name at the smallest depth, or None."""
        found = [name for name in self._members if PurePosixPath(name).name == file]
        return min(found, key=lambda name: (name.count("/"), name), default=None)

    def close(self) -> None:
        self._files.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _find(self) -> None:
        self.skipped = [SkippedFile(*file) for file in self._files.skipped if not _is_left_out(file[0])]
        self.folders = sorted(
            {unicodedata.normalize("NFC", name) for name in self._files.folders if not _is_left_out(name)}
        )
        self._members: dict[str, str] = {}
        for member in sorted(self._files.members):
            if not _is_left_out(member):
                self._add(member)
        self.images = [name for name in self.names if self._is_used(name)]
        self.notes = _spelled_alike(self.path, self._files.members)

    def _add(self, member: str) -> None:
        name = unicodedata.normalize("NFC", member)
        reason = _name_problem(name)
        if reason:
            self.skipped.append(SkippedFile(_printable(name), reason))
        else:
            self._members[self._unused(name)] = member

    def _unused(self, name: str) -> str:
        """A unique name for a member whose NFC name equals that of another member."""
        path, number = PurePosixPath(name), 2
        while name in self._members:
            name, number = path.with_name(f"{path.stem} ({number}){path.suffix}").as_posix(), number + 1
        return name

    def _is_used(self, name: str) -> bool:
        """Whether a member is an image. Adds a member that is neither an image nor text to `skipped`."""
        if has_image_suffix(name):
            return True
        if is_side_file(name):
            return False
        try:
            head = self._files.head(self._members[name], HEAD_BYTES)
        except self._files.errors as error:
            self.skipped.append(SkippedFile(name, f"cannot be read ({error})"))
            return False
        if is_image(head):
            return True
        if not is_text(head):
            self.skipped.append(SkippedFile(name, f"is {other_kind(head) or 'not an image'}"))
        return False


def is_archive(path: Path) -> bool:
    """Whether a path is a folder, or a zip or tar by content or name."""
    if not path.is_file():
        return path.is_dir()
    if path.suffix.lower() in _ARCHIVE_SUFFIXES:
        return True
    try:
        return not is_image(_head(path)) and (is_zip(path) or is_tar(path))
    except OSError:
        return False


def holds_images(path: Path) -> bool:
    """Whether a path is a folder, or an archive or image file by content or name."""
    if is_archive(path):
        return True
    try:
        return path.is_file() and (has_image_suffix(path.name) or is_image(_head(path)))
    except OSError:
        return False


def natural_key(text: str) -> list[tuple[int, int, str]]:
    """Sort key for natural order: ``a2`` before ``a10``."""
    parts: Iterable[str] = re.split(r"([0-9]+)", text)
    return [(0, int(part), part) if part.isdecimal() else (1, 0, part) for part in parts if part]


def _opened(path: Path) -> ArchiveFiles:
    if path.is_dir():
        return FolderFiles(path)
    if not path.exists():
        raise DataError(f"{path}: expected a folder, zip or tar of images, found nothing there", path=path)
    if not path.is_file():
        raise DataError(f"{path}: expected a folder, zip or tar of images, found a pipe or device", path=path)
    try:
        head = _head(path)
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error})", path=path) from error
    if is_zip(path):
        return ZipFiles(path)
    if is_tar(path):
        return TarFiles(path)
    kind = other_kind(head)
    found = f"{kind}: unpack it and give the folder" if kind and "archive" in kind else kind or "another kind of file"
    if path.suffix.lower() == ".zip" or kind == "a zip":
        found = "a damaged one"
    raise DataError(f"{path}: expected a folder, zip or tar of images, found {found}", path=path)


def _head(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(HEAD_BYTES)


def _spelled_alike(path: Path, members: Iterable[str]) -> list[str]:
    """Notes about folders whose names differ only in Unicode composition and are merged."""
    spellings: dict[str, set[str]] = defaultdict(set)
    for folder in {member.rpartition("/")[0] for member in members if not member.isascii()}:
        spellings[unicodedata.normalize("NFC", folder)].add(folder)
    return [
        f"{path}: {len(found)} folders are named {_printable(folder)}, spelled with different characters; they are taken as one"
        for folder, found in spellings.items()
        if len(found) > 1
    ]


def _is_left_out(name: str) -> bool:
    return any(part.startswith(_LEFT_OUT) and part not in {".", ".."} for part in name.split("/"))


def _name_problem(name: str) -> str | None:
    try:
        name.encode()
    except UnicodeEncodeError:
        return "its name is not UTF-8"
    if name.startswith("/") or ".." in name.split("/"):
        return "its path leads out of the archive"
    return None


def _printable(name: str) -> str:
    return name.encode(errors="backslashreplace").decode()
