"""Reader of the files in a tar, with the interface of `archive_members.ArchiveFiles`."""

import bz2
import gzip
import io
import lzma
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import IO

from .archive_members import ARCHIVE_ERRORS, damaged_archive, require_limits
from .errors import DataError

_SPOOLED_IN_MEMORY = 64_000_000
_CHUNK = 1 << 20
_Stream = IO[bytes] | io.BufferedIOBase | gzip.GzipFile | bz2.BZ2File | lzma.LZMAFile
_COMPRESSORS: tuple[tuple[bytes, Callable[[Path], _Stream]], ...] = (
    (b"\x1f\x8b", gzip.GzipFile),
    (b"BZh", bz2.BZ2File),
    (b"\xfd7zXZ\0", lzma.LZMAFile),
)


class TarFiles:
    """Files of a tar. A compressed tar is unpacked once into an unnamed temporary file, so that members can be read in any order."""

    errors: tuple[type[Exception], ...] = ARCHIVE_ERRORS

    def __init__(self, path: Path) -> None:
        self._path = path
        self._entries: dict[str, tarfile.TarInfo] = {}
        self.folders: list[str] = []
        self.skipped: list[tuple[str, str]] = []
        self._stream = _unpacked(path)
        try:
            self._archive = tarfile.open(fileobj=self._stream, mode="r:")  # noqa: SIM115
            self._list()
        except ARCHIVE_ERRORS as error:
            self._stream.close()
            raise error if isinstance(error, DataError) else damaged_archive(path, error) from error
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
            require_limits(self._path, number, total)
            name = entry.name.removeprefix("./")
            if entry.isdir():
                self.folders += [name] if name not in {"", "."} else []
            elif entry.isreg():
                if name in self._entries:
                    self.skipped.append((name, "occurs more than once in the tar, the last one is used"))
                self._entries[name] = entry
            elif entry.islnk() and entry.linkname.removeprefix("./") in self._entries:
                self._entries[name] = self._entries[entry.linkname.removeprefix("./")]
            else:
                self.skipped.append((name, "is not a regular file"))


def is_tar(path: Path) -> bool:
    """Whether the file is a tar, a compressed tar, or a damaged compressed file with the name of a tar."""
    opener = _decompressor(path)
    try:
        with opener(path) if opener else path.open("rb") as stream:
            head = stream.read(tarfile.BLOCKSIZE)
        if not head.strip(b"\0"):
            return path.suffix.lower() == ".tar" and len(head) == tarfile.BLOCKSIZE
        tarfile.TarInfo.frombuf(head, tarfile.ENCODING, "surrogateescape")
    except tarfile.HeaderError:
        return False
    except ARCHIVE_ERRORS:
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
                require_limits(path, 0, spool.tell())
    except ARCHIVE_ERRORS as error:
        spool.close()
        raise error if isinstance(error, DataError) else damaged_archive(path, error) from error
    spool.seek(0)
    return spool


def _decompressor(path: Path) -> Callable[[Path], _Stream] | None:
    with path.open("rb") as stream:
        head = stream.read(8)
    return next((opener for magic, opener in _COMPRESSORS if head.startswith(magic)), None)
