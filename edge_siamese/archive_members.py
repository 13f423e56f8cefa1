"""The files of a folder, a zip and a tar behind one small interface; `image_archive` chooses among them."""

import bz2
import gzip
import io
import lzma
import os
import stat
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO, Protocol

from .errors import DataError

MAX_MEMBERS = 1_000_000
MAX_TOTAL_BYTES = 64_000_000_000
_SPOOLED_IN_MEMORY = 64_000_000
_CHUNK = 1 << 20
_Stream = IO[bytes] | io.BufferedIOBase | gzip.GzipFile | bz2.BZ2File | lzma.LZMAFile
_COMPRESSORS: tuple[tuple[bytes, Callable[[Path], _Stream]], ...] = (
    (b"\x1f\x8b", gzip.GzipFile),
    (b"BZh", bz2.BZ2File),
    (b"\xfd7zXZ\0", lzma.LZMAFile),
)
_Folders = frozenset[tuple[int, int]]
_ARCHIVE_ERRORS = (
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
    """Files by name.

    Attributes:
        members: names of the regular files, relative, with forward slashes.
        folders: names of the folders below the top.
        skipped: names of what is no regular file, and why it is left out.
        errors: what `read` and `head` raise for a damaged member.
    """

    members: list[str]
    folders: list[str]
    skipped: list[tuple[str, str]]
    errors: tuple[type[Exception], ...]

    def size(self, member: str) -> int:
        """Bytes, unpacked."""

    def checksum(self, member: str) -> int | None:
        """A checksum that needs no reading, or None."""

    def head(self, member: str, count: int) -> bytes:
        """The first bytes."""

    def read(self, member: str) -> bytes:
        """All bytes."""

    def close(self) -> None: ...


class FolderFiles:
    """A folder and those below it; links to folders are followed, except back to a folder above."""

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
            return 0  # reading it says why

    def checksum(self, member: str) -> int | None:
        return None

    def head(self, member: str, count: int) -> bytes:
        with (self._path / member).open("rb") as stream:
            return stream.read(count)

    def read(self, member: str) -> bytes:
        return (self._path / member).read_bytes()

    def close(self) -> None:
        """Nothing is held open."""

    def _list(self, below: str, above: _Folders) -> list[tuple[str, _Folders]]:
        """Take the files of one folder; gives the folders in it, each with the identities of those above."""
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
            raise DataError(f"{self._path}: holds more than {MAX_MEMBERS:,} files and folders", path=self._path)
        return deeper

    def _add(self, name: str, entry: "os.DirEntry[str]") -> tuple[int, int] | None:
        """Take one entry; gives the identity of a folder."""
        if entry.is_dir():
            status = entry.stat()
            return status.st_dev, status.st_ino
        if entry.is_file() or (entry.is_symlink() and not Path(entry.path).exists()):
            self.members.append(name)
        else:
            self.skipped.append((name, "is no regular file"))
        return None


class ZipFiles:
    """A zip; names without the UTF-8 mark that are UTF-8 all the same are read as such, as macOS writes them."""

    errors: tuple[type[Exception], ...] = _ARCHIVE_ERRORS

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._archive = zipfile.ZipFile(path)
        except _ARCHIVE_ERRORS as error:
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
        _require_limits(self._path, len(entries), sum(entry.file_size for entry in entries))
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
                self.skipped.append((name, "is no regular file"))
            else:
                if name in self._entries:
                    self.skipped.append((name, "stands in the zip more than once, the last one is used"))
                self._entries[name] = entry


class TarFiles:
    """A tar; a compressed one is unpacked once into a temporary file without a name, so that any member can be read."""

    errors: tuple[type[Exception], ...] = _ARCHIVE_ERRORS

    def __init__(self, path: Path) -> None:
        self._path = path
        self._entries: dict[str, tarfile.TarInfo] = {}
        self.folders: list[str] = []
        self.skipped: list[tuple[str, str]] = []
        self._stream = _unpacked(path)
        try:
            self._archive = tarfile.open(fileobj=self._stream, mode="r:")  # noqa: SIM115
            self._list()
        except _ARCHIVE_ERRORS as error:
            self._stream.close()
            raise error if isinstance(error, DataError) else _damaged(path, error) from error
        self.members = list(self._entries)

    def size(self, member: str) -> int:
        return self._entries[member].size

    def checksum(self, member: str) -> int | None:
        return None

    def head(self, member: str, count: int) -> bytes:
        stream = self._archive.extractfile(self._entries[member])
        return stream.read(count) if stream else b""

    def read(self, member: str) -> bytes:
        stream = self._archive.extractfile(self._entries[member])
        return stream.read() if stream else b""

    def close(self) -> None:
        self._archive.close()
        self._stream.close()

    def _list(self) -> None:
        total = 0
        for number, entry in enumerate(self._archive, start=1):
            total += entry.size
            _require_limits(self._path, number, total)
            name = entry.name.removeprefix("./")
            if entry.isdir():
                self.folders += [name] if name not in {"", "."} else []
            elif entry.isreg():
                if name in self._entries:
                    self.skipped.append((name, "stands in the tar more than once, the last one is used"))
                self._entries[name] = entry
            elif entry.islnk() and entry.linkname.removeprefix("./") in self._entries:
                self._entries[name] = self._entries[entry.linkname.removeprefix("./")]
            else:
                self.skipped.append((name, "is no regular file"))


def is_zip(path: Path) -> bool:
    """Whether the file ends as a zip does."""
    try:
        return zipfile.is_zipfile(path)
    except OSError:
        return False


def is_tar(path: Path) -> bool:
    """Whether the file is a tar, or a compressed file that begins with one or cannot be read as far as that."""
    opener = _decompressor(path)
    try:
        with opener(path) if opener else path.open("rb") as stream:
            head = stream.read(tarfile.BLOCKSIZE)
        if not head.strip(b"\0"):
            return path.suffix.lower() == ".tar" and len(head) == tarfile.BLOCKSIZE
        tarfile.TarInfo.frombuf(head, tarfile.ENCODING, "surrogateescape")
    except tarfile.HeaderError:
        return False
    except _ARCHIVE_ERRORS:
        return opener is not None and ".t" in path.name
    return True


def _unpacked(path: Path) -> IO[bytes]:
    opener = _decompressor(path)
    if opener is None:
        return path.open("rb")
    spool: IO[bytes] = tempfile.SpooledTemporaryFile(_SPOOLED_IN_MEMORY)  # noqa: SIM115
    try:
        with opener(path) as stream:
            while chunk := stream.read(_CHUNK):
                spool.write(chunk)
                _require_limits(path, 0, spool.tell())
    except _ARCHIVE_ERRORS as error:
        spool.close()
        raise error if isinstance(error, DataError) else _damaged(path, error) from error
    spool.seek(0)
    return spool


def _damaged(path: Path, error: Exception) -> DataError:
    if isinstance(error, OSError) and error.errno:
        return DataError(f"{path}: the archive cannot be unpacked ({error.strerror or error})", path=path)
    return DataError(f"{path}: the archive is damaged ({error})", path=path)


def _decompressor(path: Path) -> Callable[[Path], _Stream] | None:
    with path.open("rb") as stream:
        head = stream.read(8)
    return next((opener for magic, opener in _COMPRESSORS if head.startswith(magic)), None)


def _require_limits(path: Path, members: int, total: int) -> None:
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
