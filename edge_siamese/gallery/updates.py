"""A gallery file that may change while it is in use: its people are read again when it does."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from ..errors import GalleryError
from .container.reader import parse
from .gallery import Gallery


@dataclass(frozen=True)
class GalleryReloaded:
    """A changed gallery file was read and is in use.

    Attributes:
        source: path of the file.
        timestamp_ns: when, on the monotonic clock.
        sequence: the gallery's sequence number.
        identities: people in it.
        added, removed: how many of them were not in it before, and how many are not any more.
    """

    source: str
    timestamp_ns: int
    sequence: int
    identities: int
    added: int
    removed: int

    @classmethod
    def between(cls, before: Gallery, after: Gallery, timestamp_ns: int) -> "GalleryReloaded":
        old, new = set(before.names), set(after.names)
        return cls(after.source, timestamp_ns, after.sequence, len(new), len(new - old), len(old - new))


@dataclass(frozen=True)
class GalleryRejected:
    """A changed gallery file cannot be used; the gallery before stays in use.

    Attributes:
        source: path of the file.
        timestamp_ns: when, on the monotonic clock.
        why: one sentence.
    """

    source: str
    timestamp_ns: int
    why: str


GalleryEvent = GalleryReloaded | GalleryRejected
Signature = tuple[int, ...]


class GalleryFile:
    """A gallery file, and the gallery in it when it was read last.

    The gallery is read into memory, so a file that is overwritten in place does no harm to the one in use.

    Args:
        path: the .esg.

    Attributes:
        path: the .esg.
        gallery: as it was read last.

    Raises:
        GalleryError: it cannot be read, is no gallery, is damaged, or is of a later version.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        Gallery.open(self.path)  # says what else a path may be
        self._signature = self._sign()
        self.gallery, self._digest = self._read()
        self._requested = False

    def request_reload(self) -> None:
        """Have the file read again, changed or not; callable from any thread and from a signal handler."""
        self._requested = True

    def changed(self) -> Gallery | None:
        """The gallery of a file that changed since the last call, or None; a failure is raised once for each change.

        Raises:
            GalleryError: the changed file is missing or cannot be used; `gallery` stays as it was.
        """
        requested, signature = self._requested, self._sign()
        if signature == self._signature and not requested:
            return None
        self._requested, self._signature = False, signature
        before, self._digest = self._digest, b""
        gallery, self._digest = self._read()
        if self._digest == before and not requested:
            return None
        self.gallery = gallery
        return gallery

    def _sign(self) -> Signature:
        """What changes when the file does; empty when there is none."""
        try:
            status = os.stat(self.path)
        except OSError:
            return ()
        return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns

    def _read(self) -> tuple[Gallery, bytes]:
        try:
            data = self.path.read_bytes()
        except OSError as error:
            raise GalleryError(f"{self.path}: cannot be read ({error.strerror or error})", path=self.path) from error
        return Gallery.of(parse(data, str(self.path))), hashlib.sha256(data).digest()
