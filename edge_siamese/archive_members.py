"""Readers of the files in a folder or a zip; `tar_members` has the reader of a tar. `image_archive` chooses among them."""

import lzma
import os
import stat
import tarfile
import zipfile
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from .errors import DataError

MAX_MEMBERS = 1_000_000
MAX_TOTAL_BYTES = 64_000_000_000
_Folders = frozenset[tuple[int, int]]
ARCHIVE_ERRORS = (
    OSError,
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    RuntimeError,
    NotImplementedError,
    EOFError,
    ValueError,
)


class ArchiveFiles(Protocol):
    """Read access to files by name.

    Attributes:
        members: names of the regular files, relative, with forward slashes.
        folders: names of the folders below the top.
        skipped: names of entries that are not regular files, each with the reason.
        errors: exception types that `read` and `head` raise for a damaged member.
    """

    members: list[str]
    folders: list[str]
    skipped: list[tuple[str, str]]
    errors: tuple[type[Exception], ...]

    def size(self, member: str) -> int:
        """Bytes, unpacked."""

    def checksum(self, member: str) -> int | None:
        """A stored checksum of a member, or None if the container has none."""

    def head(self, member: str, count: int) -> bytes:
        """The first `count` bytes of a member."""

    def read(self, member: str) -> bytes:
        """All bytes."""

    def close(self) -> None: ...


class FolderFiles:
    """Files of a folder tree. Links to folders are followed, except links to a parent folder."""

    errors: tuple[type[Exception], ...] = (OSError,)

    def __init__(self, path: Path) -> None:
        self._path = path
        self.members: list[str] = []
        self.folders: list[str] = []
        self.skipped: list[tuple[str, str]] = []
        status = path.stat()
        waiting = [("", frozenset({(status.st_dev, status.st_ino)}))]
        while waiting:
            below, above = waiting.pop()
            waiting += self._list(below, above)

    def size(self, member: str) -> int:
        try:
            return os.stat(f"{self._path}/{member}").st_size  # a path object for each of many is slow
        except OSError:
            return 0  # `read` raises the reason

    def checksum(self, member: str) -> int | None:
        return None

    def head(self, member: str, count: int) -> bytes:
        with (self._path / member).open("rb") as stream:
            return stream.read(count)

    def read(self, member: str) -> bytes:
        return (self._path / member).read_bytes()

    def close(self) -> None:
        """Do nothing: no file is open."""

    def _list(self, below: str, above: _Folders) -> list[tuple[str, _Folders]]:
        """Add the files of one folder. Returns its subfolders, each with the identities of its parent folders."""
        try:
            with os.scandir(self._path / below) as entries:
                found = [entry for entry in entries if not entry.name.startswith(".")]
        except OSError as error:
            raise DataError(f"{self._path / below}: the folder cannot be read ({error.strerror or error})") from error
        deeper = []
        for entry in found:
            name = below + entry.name
            try:
                identity = self._add(name, entry)
            except OSError as error:
                self.skipped.append((name, f"cannot be read ({error.strerror or error})"))
                continue
            if identity in above:
                self.skipped.append((name, "is a link to a folder that it lies in"))
            elif identity:
                self.folders.append(name)
                deeper.append((f"{name}/", above | {identity}))
        if len(self.members) + len(self.folders) > MAX_MEMBERS:
            raise DataError(f"{self._path}: contains more than {MAX_MEMBERS:,} files and folders", path=self._path)
        return deeper

    def _add(self, name: str, entry: "os.DirEntry[str]") -> tuple[int, int] | None:
        """Add one entry. Returns the identity of a folder, None for anything else."""
        if entry.is_dir():
            status = entry.stat()
            return status.st_dev, status.st_ino
        if entry.is_file() or (entry.is_symlink() and not Path(entry.path).exists()):
            self.members.append(name)
        else:
            self.skipped.append((name, "is not a regular file"))
        return None


class ZipFiles:
    """Files of a zip. Names that are valid UTF-8 are read as UTF-8 even without the UTF-8 flag, as macOS writes them."""

    errors: tuple[type[Exception], ...] = ARCHIVE_ERRORS

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._archive = zipfile.ZipFile(path)
        except ARCHIVE_ERRORS as error:
            raise DataError(f"{path}: the archive is damaged ({error})", path=path) from error
        self._entries: dict[str, zipfile.ZipInfo] = {}
        self.folders: list[str] = []
        self.skipped: list[tuple[str, str]] = []
        try:
            self._list()
        except DataError:
            self.close()
            raise
        self.members = list(self._entries)

    def size(self, member: str) -> int:
        return self._entries[member].file_size

    def checksum(self, member: str) -> int | None:
        return self._entries[member].CRC

    def head(self, member: str, count: int) -> bytes:
        with self._archive.open(self._entries[member]) as stream:
            return stream.read(count)

    def read(self, member: str) -> bytes:
        return self._archive.read(self._entries[member])

    def close(self) -> None:
        self._archive.close()

    def _list(self) -> None:
        entries = self._archive.infolist()
        require_limits(self._path, len(entries), sum(entry.file_size for entry in entries))
        encrypted = next((entry for entry in entries if entry.flag_bits & 1), None)
        if encrypted:
            raise DataError(
                f"{self._path}: {encrypted.filename} is encrypted: unpack the zip and give the folder", path=self._path
            )
        for entry in entries:
            name = _zip_name(entry)
            if name.endswith("/"):
                self.folders.append(name.rstrip("/"))
            elif stat.S_IFMT(entry.external_attr >> 16) not in {0, stat.S_IFREG}:
                self.skipped.append((name, "is not a regular file"))
            else:
                if name in self._entries:
                    self.skipped.append((name, "occurs more than once in the zip, the last one is used"))
                self._entries[name] = entry


def is_zip(path: Path) -> bool:
    """Whether the file ends with a zip directory."""
    try:
        return zipfile.is_zipfile(path)
    except OSError:
        return False


def damaged_archive(path: Path, error: Exception) -> DataError:
    """The DataError for an archive that cannot be read because of `error`."""
    if isinstance(error, OSError) and error.errno:
        return DataError(f"{path}: the archive cannot be unpacked ({error.strerror or error})", path=path)
    return DataError(f"{path}: the archive is damaged ({error})", path=path)


def require_limits(path: Path, members: int, total: int) -> None:
    """Check the number of members and their total size in bytes.

    Raises:
        DataError: the archive is too large.
    """
    if members > MAX_MEMBERS or total > MAX_TOTAL_BYTES:
        raise DataError(
            f"{path}: expected at most {MAX_MEMBERS:,} files of {MAX_TOTAL_BYTES // 10**9} GB together in an archive, found "
            "more: unpack it and give the folder",
            path=path,
        )


def _zip_name(entry: zipfile.ZipInfo) -> str:
    name = entry.filename
    if not entry.flag_bits & 0x800 and not name.isascii():
        with suppress(UnicodeError):
            name = name.encode("cp437").decode()
    return name.replace("\\", "/").removeprefix("./")
